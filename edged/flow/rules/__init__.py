"""What is known of a place corrects what was read there, by position and never anywhere else.

confusions.py   which characters are taken for which
evidence.py     what the recogniser saw of the others
fit.py          the cheapest way to meet a pattern
dictionary.py   the nearest entry of a list
correct.py      the rules of one place, joined; and of all places of a source
"""

from edged.flow.rules.correct import FieldRules, Rules

__all__ = ["FieldRules", "Rules"]
