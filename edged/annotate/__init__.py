"""A picture with what was read drawn into it: for the eye of an operator, and for evidence.

marks.py      what of a reading is drawn: boxes with their state, text and confidence
lettering.py  letters as masks: a font of Debian through Pillow, else OpenCV's strokes for ASCII
fonts.py      which fonts are looked for, in which order
places.py     pure: where a label finds room
footer.py     the strip below the picture: outcome, legend, reasons, texts that found no room
drawing.py    all of it together
encode.py     the drawn picture as the bytes of a file
snapshot.py   small copies: one that waits for its reading, one for the broker
"""

from edged.annotate.drawing import annotated
from edged.annotate.encode import ENDINGS, encoded
from edged.annotate.lettering import Lettering, lettering
from edged.annotate.marks import Mark, State, marks_of
from edged.annotate.snapshot import IMAGE_BYTES, card, restored, snapshot, thumbnail

__all__ = [
    "ENDINGS",
    "IMAGE_BYTES",
    "Lettering",
    "Mark",
    "State",
    "annotated",
    "card",
    "encoded",
    "lettering",
    "marks_of",
    "restored",
    "snapshot",
    "thumbnail",
]
