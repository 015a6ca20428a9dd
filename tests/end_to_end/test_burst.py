"""More files at once than the kernel's event queue holds."""

import collections
import signal
from pathlib import Path

import pytest

from tests.doubles.toy_model import make_toy, picture
from tests.doubles.wait import until, until_still
from tests.end_to_end.box import running


def burst(tmp_path: Path, count: int) -> None:
    """With a small model: what is tried is the folder, however long a picture is read."""
    make_toy(tmp_path / "models", "says-a", "A")
    small = picture()
    with running(tmp_path, models_dir="models", model={"name": "says-a"}, log={"level": "warning"}) as (box, subscriber):
        assert box.daemon
        until(lambda: box.source_state() == "watching")
        box.daemon.send_signal(signal.SIGSTOP)
        for number in range(count):
            with (box.inbox / f"{number}.png").open("wb") as file:
                file.write(small)
        box.daemon.send_signal(signal.SIGCONT)
        until_still(lambda: subscriber.count() >= count, subscriber.count)
        readings = subscriber.readings()
        assert box.stop() == 0
        names = collections.Counter(r["origin"]["name"] for r in readings)
        assert len(names) == count
        assert set(names.values()) == {1}
        assert {r["text"] for r in readings} == {"A"}
        assert [r["seq"] for r in readings] == list(range(1, count + 1))
        assert not list(box.inbox.iterdir())
        assert "events were lost" in box.log.read_text()


def test_a_burst_past_the_event_queue_is_read_exactly_once(tmp_path: Path) -> None:
    """20,000 files dropped while the daemon stands still, past the kernel's queue of 16,384 events."""
    burst(tmp_path, 20_000)


@pytest.mark.soak
def test_a_large_burst_is_read_exactly_once(tmp_path: Path) -> None:
    """100,000 files."""
    burst(tmp_path, 100_000)
