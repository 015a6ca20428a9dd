"""What may be asked of the report, and what is refused."""

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from edged.daemon.report import Overflows, Report
from edged.errors import UsageError
from edged.flow.ledger import Ledger
from edged.flow.relaying.words import RelayHealth
from edged.types import ModelRef, ReplaySpan
from tests.doubles.clock import START, FakeClock
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
    report.attach(relay, unused, unused)
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
        (
            {"trouble": "the drop folder is gone; make it again or correct `path`"},
            "failing",
            ("source inbox: the drop folder is gone; make it again or correct `path`",),
        ),
        ({"full": "intake stopped: no room"}, "failing", ("outbox: intake stopped: no room",)),
        ({"stuck": True}, "degraded", ("outbox: files that were read cannot be moved away; see the journal",)),
        ({"fault": SimpleNamespace(message="away", hint="wait")}, "degraded", ("broker: away; wait",)),
    ],
)
def test_whatever_stands_in_the_way_of_a_reading_is_told(tmp_path: Path, trouble: dict[str, Any], state: str, reasons: tuple[str]) -> None:
    """From the drop folder to the broker, under the name of its part; what does not do its job at all is failing."""
    now: Any = SimpleNamespace(**{"name": "inbox", "trouble": "", "full": "", "stuck": False, "fault": None, "refused": ()} | trouble)
    outbox, relay, unused = make_outbox(tmp_path), Mock(health=lambda: now), Mock()
    outbox.open()
    report = Report(unused, unused, [now], unused, outbox)
    report.attach(relay, now, now)
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


def test_the_status_can_be_said_in_json_whatever_the_relay_knows(tmp_path: Path) -> None:
    """The end of the broker's certificate, too, which only a connection with TLS has."""
    outbox = make_outbox(tmp_path)
    outbox.open()
    health = RelayHealth(
        connected=True,
        fault=None,
        refused=(),
        sent=1,
        no_subscriber=0,
        reconnects=0,
        dead=0,
        replaying=ReplaySpan(first=1, last=2, since=0.0, rows=2),
        certificate_until=START + dt.timedelta(days=1),
    )
    loaded: Any = SimpleNamespace(config=SimpleNamespace(device="box"), digest="0" * 64)
    report = Report(loaded, ModelRef(name="m", precision="fp16", digest="0" * 64), [], Ledger([], 8, FakeClock()), outbox)
    sink: Any = SimpleNamespace(unfiled=0, stuck=False, full="")
    desk: Any = SimpleNamespace(dropped=3)
    report.attach(Mock(health=lambda: health), sink, desk)
    told = json.loads(json.dumps(report.verbs()["status"]({})))
    assert told["broker"]["certificate_until"].endswith("Z")
    assert told["broker"]["replaying"]["last"] == 2
    assert told["broker"]["requests_dropped"] == 3
    outbox.close()
