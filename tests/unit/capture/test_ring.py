"""Frames in shared memory: whole or not at all, and memory that cannot be taken away."""

import fcntl
import os
from collections.abc import Iterator

import numpy as np
import pytest

from edged.capture.ring import RingError, RingReader, RingWriter


@pytest.fixture
def writer() -> Iterator[RingWriter]:
    writer = RingWriter(40, 30)
    yield writer
    writer.close()


@pytest.fixture
def reader(writer: RingWriter) -> Iterator[RingReader]:
    reader = RingReader(writer.fd, writer.width, writer.height, writer.slots)
    yield reader
    reader.close()


def put(writer: RingWriter, slot: int, level: int) -> int:
    writer.begin(slot)[:] = level
    return writer.end(slot)


def test_a_frame_comes_over_whole(writer: RingWriter, reader: RingReader) -> None:
    """Every slot holds its own frame; the copy is nobody else's."""
    stamps = [put(writer, slot, 50 + slot) for slot in range(writer.slots)]
    copies = [reader.copy(slot, stamp) for slot, stamp in enumerate(stamps)]
    put(writer, 0, 200)
    assert [None if copy is None else set(copy.ravel().tolist()) for copy in copies] == [{50}, {51}, {52}]


def test_a_slot_that_was_written_again_gives_nothing(writer: RingWriter, reader: RingReader) -> None:
    """The stamp that was announced is the frame's alone: of a later one, and of one that is half written, nothing comes."""
    stamp = put(writer, 1, 10)
    later = put(writer, 1, 20)
    assert reader.copy(1, stamp) is None
    writer.begin(1)[:5] = 30
    assert reader.copy(1, later) is None
    assert reader.copy(7, later) is None


def test_a_frame_that_is_written_over_while_it_is_copied_gives_nothing(
    writer: RingWriter, reader: RingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that comes between the copy and the second look at the stamp is noticed."""
    stamp = put(writer, 0, 10)
    pixels = reader._pixels

    def interrupted(slot: int) -> np.ndarray:
        put(writer, 0, 99)
        return pixels(slot)

    monkeypatch.setattr(reader, "_pixels", interrupted)
    assert reader.copy(0, stamp) is None


def test_its_size_is_fixed_for_ever(writer: RingWriter) -> None:
    """A writer gone wild can take no page away from under the reader."""
    with pytest.raises(PermissionError):
        os.ftruncate(writer.fd, 10)


@pytest.mark.parametrize("what", ["unsealed", "small", "no memory", "nothing", "many"])
def test_memory_that_is_not_as_announced_is_refused(what: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Unsealed, too small, no memory at all, of no size, or in too many slots: the reader never opens it."""
    width, slots = {"nothing": 0}.get(what, 40), {"many": 9}.get(what, 3)
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    if what == "no memory":
        os.close(fd)
        fd = os.open(tmp_path_factory.mktemp("ring") / "file", os.O_RDWR | os.O_CREAT)
    try:
        os.ftruncate(fd, 100 if what == "small" else 2**20)
        if what not in ("unsealed", "no memory"):
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        with pytest.raises(RingError):
            RingReader(fd, width, 30, slots)
    finally:
        os.close(fd)
