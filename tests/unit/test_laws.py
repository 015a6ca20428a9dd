"""The laws themselves: that each of them can be seen broken."""

import copy
from typing import Any

import pytest

from tests.end_to_end.laws import broken, broken_between, of_metrics

GOOD: dict[str, Any] = {
    "accepted": 7,
    "readings": 5,
    "in_work": 2,
    "unfiled": 1,
    "outbox": {"readings": 9, "pending": 1, "sent": 4, "confirmed": 0, "dead": 1, "pruned": 3},
    "sources": {"inbox": {"accepted": 6, "recovered": 1, "filed": 4, "in_work": 3}},
}


@pytest.mark.parametrize("path", [("accepted",), ("in_work",), ("outbox", "dead"), ("sources", "inbox", "filed")])
def test_one_too_many_breaks_a_law(path: tuple[str, ...]) -> None:
    """A count that is wrong by one is seen, whichever it is."""
    status = copy.deepcopy(GOOD)
    assert broken(status) == broken_between(status, 3) == []
    part = status
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] += 1
    assert len(broken(status)) == 1


def test_parts_that_disagree_are_seen() -> None:
    """A file that lies in work and belongs to nobody; an input that only one of two parts knows."""
    assert len(broken_between(GOOD, 4)) == 1
    assert len(broken_between(GOOD | {"unfiled": 0, "accepted": 6}, 3)) == 2


def test_a_metrics_file_is_read_as_a_status() -> None:
    """Counters with and without labels, in the words of the status."""
    states = "".join(f'edged_outbox_rows{{state="{state}"}} 1.0\n' for state in ("pending", "sent", "confirmed", "dead", "pruned"))
    kinds = {"accepted_total": 2, "recovered_total": 1, "filed_total": 3, "in_work": 0}
    text = (
        "# HELP edged_accepted_total x\n"
        "edged_accepted_total 3.0\nedged_in_work 1.0\nedged_outbox_readings 5.0\n"
        'edged_readings_total{source="inbox",outcome="ok"} 1.0\nedged_readings_total{source="inbox",outcome="failed"} 1.0\n'
        + states
        + "".join(f'edged_source_{kind}{{source="inbox"}} {value}.0\n' for kind, value in kinds.items())
    )
    status = of_metrics(text)
    assert (status["accepted"], status["readings"], status["sources"]["inbox"]["filed"]) == (3, 2, 3)
    assert broken(status) == []
