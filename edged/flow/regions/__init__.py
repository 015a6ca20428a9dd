"""Frames whose text stands at known places: each field is cut out, straightened and brought to the model's height.

places.py  from what was typed to corners in a frame
cut.py     a quadrilateral, seen from the front
align.py   how the part lies in this frame, by patches of a reference picture
layout.py  all of it, field by field
"""

from edged.flow.regions.align import Alignment, Reference, reference_of
from edged.flow.regions.layout import Regions

__all__ = ["Alignment", "Reference", "Regions", "reference_of"]
