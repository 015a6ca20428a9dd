"""Which layout a picture asks for, by its shape, where nobody says it."""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from edged.config import ReadingSection
from edged.errors import FrameError, ModelError
from edged.flow.formats import inspect
from edged.flow.reader import Reader
from edged.types import Delivery, Layout

log = logging.getLogger(__name__)

_LOW: Final = 96  # pixels: so low, a picture is a line, whatever its width; D-092 has the figures
_HIGH: Final = 256  # pixels: a picture higher than this is none
_LONG: Final = 4  # times as wide as high: between the two, such a picture is a line


class Way(NamedTuple):
    """How one picture is read."""

    reader: Reader
    layout: Layout


def is_line(width: int, height: int) -> bool:
    """Whether an upright picture of that size is shaped like one text line."""
    return height <= _LOW or (height <= _HIGH and width >= _LONG * height)


def looking(source: ReadingSection) -> ReadingSection:
    """The same source, but text is looked for: there is no one line that a field could be."""
    return source.model_copy(update={"layout": "detect", "fields": {}, "align": None})


class ByShape:
    """Reads a picture that is shaped like a line as one, and looks for text in every other. Called from one thread."""

    def __init__(self, whole: Reader, detect: Callable[[], Reader]) -> None:
        """Keep both; *detect* opens a model that is not needed for lines, and is asked at most once."""
        self._whole, self._open = Way(whole, "whole"), detect
        self._detect: Way | None = None

    def __call__(self, delivery: Delivery) -> Way:
        """How to read this one; what cannot be read at all says so either way."""
        if delivery.data is None:
            return self._whole
        try:
            header = inspect(delivery.data)
        except FrameError:
            return self._whole
        lying = header.orientation >= 5
        size = (header.height, header.width) if lying else (header.width, header.height)
        return self._whole if is_line(*size) else self._looking()

    def _looking(self) -> Way:
        if self._detect is None:
            try:
                self._detect = Way(self._open(), "detect")
            except ModelError as error:  # somebody who never looked for text may have no model for it
                log.warning("whole pictures are read as one line, for text cannot be looked for: %s; %s", error, error.hint)
                self._detect = self._whole
        return self._detect
