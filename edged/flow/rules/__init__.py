"""What is known of a place corrects what was read there, by position and never anywhere else.

confusions.py   which characters are taken for which
evidence.py     what the recogniser saw of the others
fit.py          the cheapest way to meet a pattern
dictionary.py   the nearest entry of a list
correct.py      the rules of one place, joined
"""

from edged.flow.rules.correct import Rules

__all__ = ["Rules"]
