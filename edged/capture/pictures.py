"""A folder of pictures that plays the part of a camera: sorted by name, each of the size that it has."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edged.capture.players import CaptureError, Pixels
from edged.capture.protocol import Ending, Opened, Order

_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


class Pictures:
    """A folder, read when it is opened; *skipped* hears the names of what cannot be decoded."""

    live = False

    def __init__(self, order: Order, skipped: Callable[[str], None]) -> None:
        """Look into it.

        Raises:
            CaptureError: It is not there, or has no picture in it.
        """
        try:
            self._paths = sorted(path for path in Path(order.place).iterdir() if path.suffix.lower() in _ENDINGS)
        except PermissionError as error:
            raise CaptureError(Ending.DENIED, str(error.strerror)) from error
        except OSError as error:
            raise CaptureError(Ending.ABSENT, str(error.strerror)) from error
        if not self._paths:
            raise CaptureError(Ending.UNSUPPORTED, f"no picture is in this folder ({', '.join(_ENDINGS)})")
        self._loop, self._interval, self._skipped = order.loop, 1 / (order.fps or 1.0), skipped
        self._next = self._played = 0
        first = self._advance()
        self._image, self._next = first, 0
        self.opened = Opened(width=first.shape[1], height=first.shape[0], fps=round(1 / self._interval, 3), format="pictures")

    def grab(self) -> float | None:
        """See `Player`."""
        self._image = self._advance()
        self._played += 1
        return (self._played - 1) * self._interval

    def _advance(self) -> Pixels:
        """The next picture that can be decoded."""
        for _ in self._paths:
            if self._next == len(self._paths):
                if not self._loop:
                    break
                self._next = 0
            path = self._paths[self._next]
            self._next += 1
            image = _decoded(path)
            if image is not None:
                return image
            self._skipped(path.name)
        raise CaptureError(Ending.ENDED if self._played else Ending.UNSUPPORTED, "no picture in this folder can be decoded")

    def retrieve(self, into: Pixels | None) -> Pixels:
        """See `Player`."""
        if into is None or into.shape != self._image.shape:
            return self._image
        into[:] = self._image
        return into

    def close(self) -> None:
        """See `Player`."""


def _decoded(path: Path) -> Pixels | None:
    try:
        data = np.fromfile(path, np.uint8)
        return None if not data.size else cv2.imdecode(data, cv2.IMREAD_COLOR)  # type: ignore[return-value]
    except (OSError, cv2.error):
        return None
