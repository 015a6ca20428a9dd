r"""Patterns of texts: the safe part of regular expressions, as a position automaton (Glushkov 1961).

Literals, `.`, `[A-Z0-9-]`, `[^/]`, `\d`, `\w`, `\s` and their capitals, groups, `|`, `?`, `*`, `+`, `{m}`, `{m,n}`. A pattern always
means the whole text. `\d` and `\w` are those of ASCII: a subscriber who asks for a digit wants none of another script.
Nothing ever backtracks: a text is matched in the number of its characters times the edges of the automaton.
"""

from edged.lib.pattern.automaton import Pattern, compile_pattern
from edged.lib.pattern.parse import MAX_LENGTH, PatternError

__all__ = ["MAX_LENGTH", "Pattern", "PatternError", "compile_pattern"]
