"""What a change of a camera's own keys takes: each is tried, and shows where it is used."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from edged.config import TriggerSection, WindowSection
from edged.config.effects import Effect, effect_of
from edged.flow.parts.source import Camera
from edged.types import SourceName
from tests.integration.test_reload import House, standing

GATE = SourceName("gate")


class Row(NamedTuple):
    """A new value, where it shows, and as what if not as itself."""

    value: Any
    shows: Callable[[House], Any]
    expected: Any = ...


def camera(house: House) -> Camera:
    source = house.daemon.parts.sources[0]
    assert isinstance(source, Camera)
    return source


def watch(house: House) -> Any:
    """What the feed goes by once it came round."""
    subject = camera(house)
    subject._section = subject._wanted
    subject._watch.change(subject._section)
    return subject._watch


def trigger(house: House) -> Any:
    return watch(house).trigger


def window(house: House) -> Any:
    return watch(house).begin(100.0)


def reader(house: House) -> Any:
    return house.daemon.parts.succession.current.readers[GATE]


ROWS = {
    "trigger.kind": Row("interval", lambda house: trigger(house).kind),
    "trigger.region": Row([1.0, 2.0, 30.0, 40.0], lambda house: watch(house)._section.trigger.region),
    "trigger.min_text": Row(7.0, lambda house: trigger(house)._limit),
    "trigger.min_motion": Row(7.0, lambda house: watch(house)._section.trigger.min_motion),
    "trigger.empty_frames": Row(7, lambda house: trigger(house)._empty_frames),
    "trigger.every_seconds": Row(7.0, lambda house: watch(house)._section.trigger.every_seconds),
    "trigger.chip": Row("/dev/gpiochip7", lambda house: watch(house)._section.trigger.chip, Path("/dev/gpiochip7")),
    "trigger.line": Row(7, lambda house: watch(house)._section.trigger.line),
    "trigger.edge": Row("falling", lambda house: watch(house)._section.trigger.edge),
    "trigger.debounce_ms": Row(7.0, lambda house: watch(house)._section.trigger.debounce_ms),
    "window.seconds": Row(0.7, lambda house: window(house)._end, 100.7),
    "window.before_seconds": Row(0.7, lambda house: window(house).start, 99.3),
    "window.deadline_seconds": Row(7.0, lambda house: window(house).deadline, 107.0),
    "window.frames": Row(7, lambda house: (reader(house).most, window(house)._keep), (7, 7)),
    "window.agree": Row(3, lambda house: reader(house).agree),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A box with a camera that is away."""
    with standing(tmp_path, {"gate": {"kind": "camera", "url": "file:///nowhere/film.mp4"}}) as house:
        yield house


def test_a_change_of_each_key_of_trigger_and_window_is_live(house: House) -> None:
    """From the next part on; a key that is added belongs into the rows."""
    known = {f"trigger.{key}" for key in TriggerSection.model_fields} | {f"window.{key}" for key in WindowSection.model_fields}
    assert set(ROWS) == known
    for key, row in ROWS.items():
        section, _, name = key.partition(".")
        assert effect_of(("sources", "gate", section, name)) is Effect.LIVE
        house.write(sources={"gate": {"kind": "camera", "url": "file:///nowhere/film.mp4", section: {name: row.value}}})
        outcome = house.reload()
        assert outcome.ok, (key, outcome.errors)
        assert f"sources.gate.{key}" in outcome.live, key
        shown = row.shows(house)
        assert (
            shown == pytest.approx(row.value if row.expected is ... else row.expected)
            if not isinstance(row.value, list | str)
            else (list(shown) == row.value if isinstance(row.value, list) else str(shown) == row.value)
        ), key
