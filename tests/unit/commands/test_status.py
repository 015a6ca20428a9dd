"""The status as a person reads it."""

from typing import Any

from edged.commands.status import lines

TOLD: dict[str, Any] = {
    "device": "line3",
    "version": "1",
    "uptime_seconds": 7.4,
    "model": {"name": "crnn", "precision": "fp16", "digest": "ab" * 32},
    "config": "cd" * 32,
    "health": {"state": "ok", "reasons": []},
    "accepted": 3,
    "readings": 3,
    "in_work": 0,
    "outbox": {"readings": 3, "pending": 0, "sent": 3, "confirmed": 0, "dead": 0, "pruned": 0, "bytes": 2**20, "unconfirmed": 0},
    "broker": {
        "connected": True,
        "sent": 3,
        "sent_again": 0,
        "signals": 0,
        "signals_dropped": 0,
        "pictures": 0,
        "inbound_dropped": 0,
        "requests_dropped": 0,
        "no_subscriber": 0,
        "dead": 0,
        "reconnects": 0,
        "replaying": None,
    },
    "sources": {
        "inbox": {
            "state": "polling",
            "file_system": "nfs",
            "accepted": 3,
            "recovered": 0,
            "filed": 3,
            "in_work": 0,
            "waiting": 1,
            "overflows": 0,
            "rescans": 9,
            "watcher_restarts": 0,
        }
    },
    "evidence": {"inbox": {"kept": 0, "bytes": 0, "dropped": 0}},
}


def test_a_calm_day_takes_a_line_a_part() -> None:
    """Nothing that is 0 but the laws, and the digests that others tell."""
    assert list(lines(TOLD)) == [
        "line3: ok, edged 1, up 7 s, crnn fp16 abababababab, configuration cdcdcdcdcdcd",
        "  broker        connected, 3 sent since start",
        "  outbox        3 readings = 0 pending + 3 sent + 0 confirmed + 0 dead + 0 pruned; 1.0 MiB",
        "  flow          3 accepted = 3 readings + 0 in work, since start",
        "  source inbox  polling (nfs): 3 accepted, 3 filed, 0 in work, 1 waiting",
    ]


def test_what_is_unusual_is_told() -> None:
    """Confirmations that are awaited, a replay that goes on, lost signals, lost events, and why it is not well."""
    told = TOLD | {
        "health": {"state": "degraded", "reasons": ["reload: restart needed: device"]},
        "outbox": TOLD["outbox"] | {"unconfirmed": 2},
        "broker": TOLD["broker"]
        | {"connected": False, "signals": 5, "signals_dropped": 1, "requests_dropped": 8, "replaying": {"first": 2, "last": 3}},
        "sources": {"inbox": TOLD["sources"]["inbox"] | {"overflows": 4}},
        "evidence": {"inbox": {"kept": 2, "bytes": 3 * 2**19, "dropped": 5}},
    }
    text = "\n".join(lines(told))
    assert "  ! reload: restart needed: device" in text
    assert "not connected, 3 sent since start, 5 signals, 1 signals dropped, 8 requests dropped, a replay goes on, seq 2 to 3" in text
    assert "3 sent (2 unconfirmed) + " in text
    assert "1 waiting, 4 overflows" in text
    assert "evidence inbox  2 pictures kept since start, 1.5 MiB, 5 dropped" in text
