"""What every `FrameSource` must do, whatever stands behind it."""

import datetime as dt
import json
import threading
from abc import ABC, abstractmethod

import numpy as np

from edged.flow.camera.states import COUNTERS, TROUBLES, CameraState
from edged.flow.ports import FrameSource
from edged.types import Frame

WAIT = 20.0  # bound of a wait for what comes at once


def picture(index: int, width: int = 64, height: int = 48) -> np.ndarray:
    """The picture that a rig's camera shows as its *index*-th, from 1: its grey value tells which, up to 20."""
    return np.full((height, width, 3), 10 * index + 20, np.uint8)


def index_of(frame: Frame) -> int:
    """Which picture this is."""
    return round((float(frame.image.mean()) - 20) / 10)


class CameraRig(ABC):
    """Cameras for the suite."""

    def __init__(self) -> None:
        self._made: list[FrameSource] = []

    @abstractmethod
    def make(self, pictures: int, *, fast: bool) -> FrameSource:
        """A camera that shows `picture(1)` to `picture(pictures)`: in lock step, then it ends; or at its own pace, then over again."""

    @abstractmethod
    def absent(self) -> FrameSource:
        """A camera that is not there."""

    @abstractmethod
    def let_pass(self, source: FrameSource, count: int) -> None:
        """Return when at least *count* more frames came to a camera with a pace of its own, whoever asked for them."""

    @abstractmethod
    def change(self, source: FrameSource) -> None:
        """Change its section, so that it is opened anew."""

    def start(self, source: FrameSource) -> FrameSource:
        """Open it; it is closed at the end."""
        self._made.append(source)
        source.open()
        return source

    def close(self) -> None:
        """End all."""
        for source in self._made:
            source.close()


def ask(source: FrameSource, than: int) -> Frame:
    """The next frame; it has to come."""
    frame = source.newer(than, WAIT)
    assert frame is not None, source.told()
    return frame


class FrameSourceContract:
    """Inherit, and give a `rig`."""

    def test_frames_are_numbered_and_dated(self, rig: CameraRig) -> None:
        """Numbers begin at 1 and grow, times grow with them; pictures are H x W x 3 in bytes."""
        source = rig.start(rig.make(3, fast=True))
        frames = [ask(source, than) for than in range(3)]
        assert [frame.number for frame in frames] == [1, 2, 3]
        assert [index_of(frame) for frame in frames] == [1, 2, 3]
        assert all((frame.image.shape, frame.image.dtype) == ((48, 64, 3), np.uint8) for frame in frames)
        assert [frame.at for frame in frames] == sorted(frame.at for frame in frames)
        assert all(frame.captured_at.utcoffset() == dt.timedelta(0) for frame in frames)

    def test_as_fast_as_possible_passes_over_none_and_ends(self, rig: CameraRig) -> None:
        """In lock step each picture comes once, and then the end is told; nothing comes after it."""
        source = rig.start(rig.make(8, fast=True))
        seen: list[Frame] = []
        while (frame := source.newer(seen[-1].number if seen else 0, WAIT)) is not None:
            seen.append(frame)
            assert not source.ended or len(seen) == 8
        assert [index_of(frame) for frame in seen] == list(range(1, 9))
        assert source.ended
        assert (source.told()["state"], source.told()["frames"], source.told()["passed_over"]) == ("ended", 8, 0)
        assert source.newer(8, 0.01) is None
        assert source.trouble == ""

    def test_the_newest_wins_and_the_others_are_counted(self, rig: CameraRig) -> None:
        """Who comes late gets the newest frame; those before it are passed over."""
        source = rig.start(rig.make(4, fast=False))
        rig.let_pass(source, 3)
        frame = ask(source, 0)
        assert frame.number >= 3
        assert source.told()["passed_over"] >= 2
        assert source.told()["frames"] >= frame.number

    def test_asking_again_gives_the_same_or_a_newer_one(self, rig: CameraRig) -> None:
        """What counts is the number that the caller names; what was given once may be given again."""
        source = rig.start(rig.make(2, fast=True))
        first = ask(source, 0)
        assert ask(source, 0).number == first.number
        assert ask(source, first.number).number == first.number + 1

    def test_a_frame_belongs_to_who_got_it(self, rig: CameraRig) -> None:
        """Whatever is drawn into it, nobody else sees it; and what comes later does not change it."""
        source = rig.start(rig.make(3, fast=True))
        first = ask(source, 0)
        first.image[:] = 0
        assert index_of(ask(source, 0)) == 1
        ask(source, 1)
        ask(source, 2)
        assert not first.image.any()

    def test_it_looked_once_it_delivered(self, rig: CameraRig) -> None:
        """Nothing was seen before it was opened; after the first frame it was."""
        source = rig.make(1, fast=True)
        assert not source.looked
        rig.start(source)
        ask(source, 0)
        assert source.looked

    def test_a_camera_that_is_away_is_told(self, rig: CameraRig) -> None:
        """It is no error to open it; it looked in vain, and its trouble says why and what to do, its state in a word."""
        source = rig.start(rig.absent())
        while not source.looked:
            assert source.newer(0, 0.05) is None
        assert "; " in source.trouble, source.trouble
        assert source.told()["state"] in TROUBLES
        assert source.told()[source.told()["state"]] >= 1
        assert not source.ended

    def test_what_is_told_is_one_word_and_counters(self, rig: CameraRig) -> None:
        """The state comes first and is one of the words; every counter is there; all of it is JSON."""
        source = rig.start(rig.make(1, fast=True))
        ask(source, 0)
        told = source.told()
        assert next(iter(told)) == "state"
        assert CameraState(told["state"])
        assert [told[name] for name in COUNTERS if not isinstance(told[name], int) or told[name] < 0] == []
        json.dumps(dict(told))

    def test_a_change_opens_it_anew_and_numbers_grow(self, rig: CameraRig) -> None:
        """Frames go on after a change of its section, under higher numbers."""
        source = rig.start(rig.make(3, fast=False))
        before = ask(source, 0)
        connects = source.told()["connects"]
        rig.change(source)
        rig.let_pass(source, 1)
        after = ask(source, before.number)
        while source.told()["connects"] == connects:
            rig.let_pass(source, 1)
            after = ask(source, after.number)
        assert after.number > before.number

    def test_it_may_be_closed_at_any_time(self, rig: CameraRig) -> None:
        """Closing before opening, and closing twice, are no errors; a closed camera says so."""
        source = rig.make(1, fast=True)
        source.close()
        source.close()
        assert source.told()["state"] == "closed"
        assert source.newer(0, WAIT) is None

    def test_closing_wakes_who_waits(self, rig: CameraRig) -> None:
        """Whoever waits for a frame gets None as soon as it is closed; who asks later, too."""
        source = rig.start(rig.absent())
        got: list[Frame | None] = []
        waiting = threading.Thread(target=lambda: got.append(source.newer(0, 10 * WAIT)))
        waiting.start()
        source.close()
        waiting.join(WAIT)
        assert (got, waiting.is_alive()) == ([None], False)
        assert source.newer(0, WAIT) is None
        source.close()
        assert source.told()["state"] == "closed"
