"""Is the picture of a text line good enough to be read? Numbers with names and limits, so that somebody can mend the lamp.

ink.py       what of a line is ink, and what is ground
glare.py     what a reflection leaves
measures.py  the numbers
gate.py      the numbers against their limits, in words
"""

from edged.flow.quality.gate import Gate, Measured, badness
from edged.flow.quality.measures import Measures, measure

__all__ = ["Gate", "Measured", "Measures", "badness", "measure"]
