"""What flows, in the order it flows. Everything here is frozen.

Pixels are uint8 BGR, H x W x 3, unless a field says otherwise. Times are UTC and aware. Boxes are four
corner points (x, y) in pixels of the frame, clockwise from the top left of the text.

words.py     names and measures that all of it speaks of
delivery.py  what comes in: a file or the frames of a part
line.py      what is read: a text line, from its pixels to its text
reading.py   what goes out: the reading of one input
outbox.py    what is kept of it until the broker has it
"""

from edged.types.delivery import Delivery, Frame, FrameProblem, Origin, Trigger, TriggerKind, Window
from edged.types.line import NO_TEXT, Answer, Character, Corrected, Laid, Posteriors, ReadLine, SeenLine, TextLine, Transcript
from edged.types.outbox import MAX_SEQ, Committed, DeadLetter, Exhibit, OutboxMessage, OutboxStats, ReplaySpan, RowState, StoreRoom
from edged.types.reading import FieldState, ModelRef, ReadField, Reading, Verdict
from edged.types.words import Box, FrameId, Layout, Outcome, Pixels, Point, SourceName

__all__ = [
    "MAX_SEQ",
    "NO_TEXT",
    "Answer",
    "Box",
    "Character",
    "Committed",
    "Corrected",
    "DeadLetter",
    "Delivery",
    "Exhibit",
    "FieldState",
    "Frame",
    "FrameId",
    "FrameProblem",
    "Laid",
    "Layout",
    "ModelRef",
    "Origin",
    "OutboxMessage",
    "OutboxStats",
    "Outcome",
    "Pixels",
    "Point",
    "Posteriors",
    "ReadField",
    "ReadLine",
    "Reading",
    "ReplaySpan",
    "RowState",
    "SeenLine",
    "SourceName",
    "StoreRoom",
    "TextLine",
    "Transcript",
    "Trigger",
    "TriggerKind",
    "Verdict",
    "Window",
]
