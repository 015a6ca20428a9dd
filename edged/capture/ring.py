"""Frames in shared memory: a few slots of one size, written by one process and copied out by the other, whole or not at all.

A sequence lock: the stamp of a slot is odd while it is written, and grows by two with each frame. The reader knows the stamp from the
message that announces the frame, and looks at it again after it copied: another one says that the slot was written meanwhile.

The memory is sealed: its size can never change, so that a writer gone wild cannot take pages away from under the reader (SIGBUS).
"""

import fcntl
import mmap
import os
import threading
from typing import Final

import numpy as np
import numpy.typing as npt

SLOTS: Final = 3  # one is copied out, one is the newest, one is written
_MAX_SLOTS: Final = 8
_HEAD: Final = 4096  # the stamps, 64 bytes apart
_APART: Final = 64
_PAGE: Final = 4096
_SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
_LOCK: Final = threading.Lock()

Pixels = npt.NDArray[np.uint8]


class RingError(Exception):
    """The memory is not what it was announced as."""


class _Ring:
    """What both sides see."""

    def __init__(self, fd: int, width: int, height: int, slots: int, *, write: bool) -> None:
        self.width, self.height, self.slots = width, height, slots
        self._stride = -(-width * height * 3 // _PAGE) * _PAGE
        self._map = mmap.mmap(fd, _HEAD + slots * self._stride, mmap.MAP_SHARED, mmap.PROT_READ | (mmap.PROT_WRITE if write else 0))

    def _pixels(self, slot: int) -> Pixels:
        count = self.width * self.height * 3
        flat = np.frombuffer(self._map, np.uint8, count, _HEAD + slot * self._stride)
        return flat.reshape(self.height, self.width, 3)

    def _stamp(self, slot: int) -> int:
        return int.from_bytes(self._map[slot * _APART : slot * _APART + 8], "little")

    def close(self) -> None:
        """Let go; no view of it may be left."""
        self._map.close()


class RingWriter(_Ring):
    """The side that has the frames; `fd` goes to the other side."""

    def __init__(self, width: int, height: int, slots: int = SLOTS) -> None:
        """Make the memory."""
        self.fd = os.memfd_create("edged-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, _size(width, height, slots))
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, _SEALS)
        super().__init__(self.fd, width, height, slots, write=True)

    def begin(self, slot: int) -> Pixels:
        """The slot is written from now on; where to."""
        self._set(slot, self._stamp(slot) | 1)
        _fence()
        return self._pixels(slot)

    def end(self, slot: int) -> int:
        """It is written; its stamp."""
        _fence()
        stamp = (self._stamp(slot) | 1) + 1
        self._set(slot, stamp)
        return stamp

    def _set(self, slot: int, stamp: int) -> None:
        self._map[slot * _APART : slot * _APART + 8] = stamp.to_bytes(8, "little")

    def close(self) -> None:
        """Let go; who has it open keeps it."""
        super().close()
        os.close(self.fd)


class RingReader(_Ring):
    """The side that copies frames out."""

    def __init__(self, fd: int, width: int, height: int, slots: int) -> None:
        """Open the memory that was announced; *fd* stays the caller's.

        Raises:
            RingError: It is smaller, or its size may change.
        """
        if not (width > 0 and height > 0 and 0 < slots <= _MAX_SLOTS):
            message = f"{slots} frames of {width} x {height} pixels"
            raise RingError(message)
        try:
            sealed, size = fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _SEALS == _SEALS, os.fstat(fd).st_size
        except OSError as error:
            message = f"no shared memory: {error.strerror}"
            raise RingError(message) from error
        if not sealed or size < _size(width, height, slots):
            message = f"{size} bytes, sealed: {sealed}, for {slots} frames of {width} x {height} pixels"
            raise RingError(message)
        super().__init__(fd, width, height, slots, write=False)

    def copy(self, slot: int, stamp: int) -> Pixels | None:
        """The frame of this stamp, in memory of its own; None where the slot holds another one by now."""
        if not 0 <= slot < self.slots or self._stamp(slot) != stamp:
            return None
        _fence()
        image = self._pixels(slot).copy()
        _fence()
        return image if self._stamp(slot) == stamp else None


def _fence() -> None:
    """Order what stands before and after, on every processor: taking and releasing a lock does."""
    with _LOCK:
        pass


def _size(width: int, height: int, slots: int) -> int:
    return _HEAD + slots * (-(-width * height * 3 // _PAGE) * _PAGE)
