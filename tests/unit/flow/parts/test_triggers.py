"""What says that a part is there."""

from typing import Any

import cv2
import numpy as np
import pytest

from edged.config import TriggerSection
from edged.flow.parts.looks import Look
from edged.flow.parts.triggers import Trigger, make_trigger
from edged.flow.parts.triggers.gpio import Gpio
from edged.flow.parts.triggers.scene import Scene
from edged.types import Pixels

PACE = 1 / 30


def section(**keys: Any) -> TriggerSection:
    return TriggerSection.model_validate(keys)


def ground(seed: int) -> Pixels:
    """A carton under a camera that is not free of noise."""
    return np.random.default_rng(seed).normal(170, 9, (120, 640, 3)).clip(0, 255).astype(np.uint8)


def printed(seed: int, text: str = "L24117 EXP 2027", left: int = 120) -> Pixels:
    return cv2.putText(ground(seed), text, (left, 75), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (60, 60, 60), 2)  # type: ignore[return-value]


def blurred(seed: int) -> Pixels:
    """The same while it is shaken."""
    return cv2.blur(printed(seed), (9, 1))  # type: ignore[return-value]


def run(trigger: Trigger, frames: list[Pixels], region: Any = None) -> tuple[list[int], list[int]]:
    """At which frames it fired, and at which the part was gone."""
    sights = [trigger.look(Look(frame, region), n * PACE, n * PACE) for n, frame in enumerate(frames)]
    return [n for n, sight in enumerate(sights) if sight.fired], [n for n, sight in enumerate(sights) if sight.gone]


def test_presence_sees_each_text_once_and_its_end() -> None:
    """Equal texts are two parts, for the scene was empty in between; one frame without text is no end."""
    empty, part = [ground(n) for n in range(3)], [printed(9), blurred(8), ground(7), printed(6)]
    assert run(make_trigger(section()), [*empty, *part, *empty, *part, *empty]) == ([3, 10], [8, 15])


def test_what_falls_a_little_is_still_there() -> None:
    """Between the limit and seven tenths of it nothing begins and nothing ends."""
    values = iter([2.5, 3.0, 2.2, 2.2, 2.2, 4.0, 2.0, 2.2, 2.0, 2.0, 2.5])
    scene = Scene("presence", lambda _look, _at: next(values), 3.0, 2, tells_end=True)
    assert run(scene, [ground(0)] * 11) == ([1], [9])


def test_a_frame_without_text_is_none_of_the_part() -> None:
    """What is seen of the scene while the end of a part is not sure yet must not be read."""
    trigger = make_trigger(section())
    frames = [ground(0), printed(1), ground(2), printed(3), ground(4), ground(5)]
    assert [trigger.look(Look(frame, None), n * PACE, n * PACE).shows for n, frame in enumerate(frames)][1:] == [
        True,
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("shade", [0, 255])
def test_edges_shadows_and_reflections_are_no_text(shade: int) -> None:
    """What moves through an empty scene triggers nothing."""
    frames = []
    for n in range(12):
        frame = ground(n)
        frame[:, n * 50 :] = shade  # the end of a box
        spot = np.zeros((120, 640, 3), np.uint8)
        cv2.circle(spot, (600 - n * 40, 60), 20, (255, 255, 255), -1)
        frames.append(cv2.add(frame, cv2.GaussianBlur(spot, (0, 0), 9)))
    assert run(make_trigger(section()), frames) == ([], [])


def test_presence_looks_only_into_its_region() -> None:
    """The next part is in view already, and nobody minds."""
    frames = [printed(n, left=330) for n in range(3)]
    assert run(make_trigger(section()), frames, ("0%", "0%", "50%", "100%")) == ([], [])
    assert run(make_trigger(section()), frames, ("50%", "0%", "50%", "100%")) == ([0], [])


def test_motion_fires_when_something_begins_to_move() -> None:
    """Noise does not move; what goes on moving is one part, what comes after a rest is the next."""
    still = [printed(n) for n in range(20)]
    moving = [printed(n, left=120 + 25 * n) for n in range(6)]
    fired, gone = run(make_trigger(section(kind="motion")), [*still[:10], *moving, *still * 2, *moving])
    assert (len(fired), fired[0] in (11, 12), fired[1] > 50, gone) == (2, True, True, [])


def test_the_clock_fires_at_its_pace_whether_frames_come_or_not() -> None:
    """What was missed while nobody looked is not made up for."""
    trigger = make_trigger(section(kind="interval", every_seconds=2))
    fired = [now for now in (0.0, 1.0, 1.9, 2.0, 3.0, 9.1, 9.2, 10.0) if trigger.look(None, now, now).fired]
    assert fired == [0.0, 2.0, 9.1, 10.0]


class Line:
    """A line of a chip that a test pulls."""

    def __init__(self) -> None:
        self.edges: list[float] = []
        self.gone = self.closed = False

    def new(self) -> list[float]:
        if self.gone:
            raise OSError(19, "No such device")
        found, self.edges = self.edges, []
        return found

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def lines() -> list[Line]:
    return []


def test_each_edge_of_a_line_is_a_part_at_its_own_time(lines: list[Line]) -> None:
    """The kernel stamps them; a stamp of another clock is not believed."""
    gpio = Gpio(section(kind="gpio", line=17), lambda _: lines.append(Line()) or lines[-1])
    assert gpio.look(None, 100.0, 100.0).fired == ()
    lines[0].edges = [100.2, 100.4, 1.7e9]
    assert [fired.at for fired in gpio.look(None, 100.5, 100.5).fired] == [100.2, 100.4, 100.5]
    assert gpio.trouble == ""


def test_a_line_that_is_gone_is_told_and_asked_for_again(lines: list[Line]) -> None:
    """Which line, what the system says, what to look at."""
    gpio = Gpio(section(kind="gpio", line=17), lambda _: lines.append(Line()) or lines[-1])
    gpio.look(None, 0.0, 0.0)
    lines[0].gone = True
    gpio.look(None, 1.0, 1.0)
    assert lines[0].closed
    assert "line 17 of /dev/gpiochip0 cannot be used: No such device" in gpio.trouble
    gpio.look(None, 2.0, 2.0)
    assert len(lines) == 1
    gpio.look(None, 7.0, 7.0)
    assert (len(lines), gpio.trouble) == (2, "")
