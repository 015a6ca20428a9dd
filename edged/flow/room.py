"""How much of large pictures may lie decoded in memory: counted in pixels, for all sources together."""

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from edged.lib.beat import Beat

ROOM: Final = 2**24  # pixels, 48 MiB: one frame of 16 megapixels, or several small ones
_PATIENCE: Final = 0.5  # seconds between two beats while waiting

Admit = Callable[[int], None]


def admit_all(_: int) -> None:
    """As many pixels as there are."""


class Room:
    """Where decoded pictures lie. Shared by all feeds; what is larger than the whole room gets in alone."""

    def __init__(self, pixels: int = ROOM) -> None:
        """Hold so many pixels at most, unless a single picture has more."""
        self._pixels, self._taken = pixels, 0
        self._line = deque[object]()  # who waits; in turn, else many small pictures keep a large one out for ever
        self._changed = threading.Condition()

    def visit(self, beat: Beat) -> "Visit":
        """One picture's stay; *beat* is called while it waits."""
        return Visit(self, beat)

    def enter(self, pixels: int, beat: Beat) -> None:
        """Take room, waiting until there is some and nobody came before."""
        turn = object()

        def may() -> bool:
            return self._line[0] is turn and (not self._taken or self._taken + pixels <= self._pixels)

        with self._changed:
            self._line.append(turn)
            try:
                while not self._changed.wait_for(may, _PATIENCE):
                    beat()
                self._taken += pixels
            finally:
                self._line.remove(turn)
                self._changed.notify_all()

    def leave(self, pixels: int) -> None:
        """Give room back."""
        with self._changed:
            self._taken -= pixels
            self._changed.notify_all()


class Visit:
    """From before a picture is decoded until its pixels are gone. Used by one thread."""

    def __init__(self, room: Room, beat: Beat) -> None:
        """Take nothing yet: how many pixels it has stands in its header."""
        self._room, self._beat, self._taken = room, beat, 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def admit(self, pixels: int) -> None:
        """Wait for room for so many pixels; called once, before they are decoded."""
        self._room.enter(pixels, self._beat)
        self._taken += pixels

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give the room back, whatever happened."""
        if self._taken:
            self._room.leave(self._taken)
