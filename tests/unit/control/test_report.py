"""What may be asked of the report, and what is refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from edged.errors import UsageError
from edged.report import Overflows, Report
from tests.doubles.readings import make_outbox, reading


def test_dead_readings_are_made_pending_by_their_numbers_only(tmp_path: Path) -> None:
    """Whatever else stands in `seqs` is refused before it comes near the database; the relay is told of what revived."""
    outbox, relay = make_outbox(tmp_path), Mock()
    outbox.open()
    outbox.add([reading(n) for n in (1, 2)])
    outbox.reject(1, "bad")
    outbox.reject(2, "bad")
    unused: Any = SimpleNamespace()
    report = Report(unused, unused, [], unused, outbox)
    report.attach(relay, unused)
    retry = report.verbs()["outbox_retry"]
    for seqs in ([2**63], [-(2**70)], [0], [True], [1.0], ["1"], "all", {}):
        with pytest.raises(UsageError, match="expected a list of numbers of readings"):
            retry({"seqs": seqs})
    assert not relay.notify.called
    assert retry({"seqs": [1, 2**63 - 1]}) == 1
    assert retry({}) == 1
    assert relay.notify.called
    outbox.close()


@pytest.mark.parametrize(
    ("trouble", "state", "reasons"),
    [
        ({}, "ok", ()),
        ({"present": False}, "failing", ("source inbox: the drop folder is gone; make it again or correct `path`",)),
        ({"full": "intake stopped: no room"}, "failing", ("outbox: intake stopped: no room",)),
        ({"stuck": True}, "degraded", ("outbox: files that were read cannot be moved away; see the journal",)),
        ({"fault": SimpleNamespace(message="away", hint="wait")}, "degraded", ("broker: away; wait",)),
    ],
)
def test_whatever_stands_in_the_way_of_a_reading_is_told(tmp_path: Path, trouble: dict[str, Any], state: str, reasons: tuple[str]) -> None:
    """From the drop folder to the broker, under the name of its part; what does not do its job at all is failing."""
    now: Any = SimpleNamespace(**{"name": "inbox", "present": True, "full": "", "stuck": False, "fault": None, "refused": ()} | trouble)
    outbox, relay, unused = make_outbox(tmp_path), Mock(health=lambda: now), Mock()
    outbox.open()
    report = Report(unused, unused, [now], unused, outbox)
    report.attach(relay, now)
    health = report.health()
    assert (health.state, health.reasons) == (state, reasons)
    outbox.close()


def test_lost_events_are_told_once() -> None:
    """The folder was listed instead; somebody should know, and not every second."""
    events: list[tuple[str, Any]] = []
    source: Any = SimpleNamespace(name="inbox", counters=lambda: SimpleNamespace(overflows=count))
    overflows = Overflows([source], lambda kind, content: events.append((kind, content)))
    for count in (0, 1, 1, 3):  # noqa: B007 - the source tells it
        overflows.look()
    assert events == [("overflow", {"source": "inbox", "overflows": n}) for n in (1, 3)]
