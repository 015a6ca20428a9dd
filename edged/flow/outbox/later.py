"""The statements about rows that the broker took already: confirmed, sent again, replayed; and about retained topics."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from edged.flow.outbox.age import UNKNOWN
from edged.flow.outbox.rows import message
from edged.types import FrameId, OutboxMessage, ReplaySpan, RowState, SourceName

Settled = tuple[int, SourceName, RowState, bool]  # seq, source, the state it had, whether a confirmation was awaited

_SINCE = "(changed_at >= ? OR changed_at = ?)"  # a row whose time nobody knows is rather sent once too often


def confirm(db: sqlite3.Connection, ids: Sequence[FrameId], now: float) -> list[Settled]:
    """A consumer has these: what was not yet confirmed is so now, even where no receipt of the broker came."""
    settled = []
    for id in dict.fromkeys(ids):
        found = db.execute("SELECT seq, source, state, again FROM reading WHERE id = ? AND state != 'confirmed'", (id,)).fetchone()
        if found:
            seq, source, state, again = found
            db.execute("UPDATE reading SET state = 'confirmed', again = NULL, reason = '', changed_at = ? WHERE seq = ?", (now, seq))
            settled.append((seq, SourceName(source), RowState(state), again is not None))
    return settled


def overdue(db: sqlite3.Connection, now: float, far: float, limit: int) -> list[OutboxMessage]:
    """Rows whose confirmation did not come, the longest due first; those beyond *far* were timed before the clock went back."""
    statement = (
        "SELECT seq, id, source, body, attempts FROM reading INDEXED BY unconfirmed JOIN payload USING (seq)"
        " WHERE again {} ? ORDER BY again, seq LIMIT ?"
    )
    found = db.execute(statement.format("<="), (now, limit)).fetchall()
    if len(found) < limit:
        found += db.execute(statement.format(">"), (far, limit - len(found))).fetchall()
    return [_message(row) for row in found]


def postpone(db: sqlite3.Connection, seqs: Sequence[int], now: float, first: float, longest: float) -> None:
    """These were sent again: the next time comes twice as late."""
    db.executemany(
        "UPDATE reading SET sendings = sendings + 1, again = ? + min(? * (1 << min(sendings + 1, 30)), ?)"
        " WHERE seq = ? AND again IS NOT NULL",
        [(now, first, longest, seq) for seq in seqs],
    )


def await_nothing(db: sqlite3.Connection) -> None:
    """No confirmation is awaited any more."""
    db.execute("UPDATE reading SET again = NULL WHERE again IS NOT NULL")


def unconfirmed(db: sqlite3.Connection) -> int:
    """How many rows await a confirmation."""
    return int(db.execute("SELECT count(*) FROM reading INDEXED BY unconfirmed WHERE again IS NOT NULL").fetchone()[0])


def span(db: sqlite3.Connection, first: int, since: float) -> ReplaySpan | None:
    """The rows from *first* on that were sent or confirmed and may have changed since then; None where there are none."""
    rows, low, high = db.execute(
        f"SELECT count(*), min(seq), max(seq) FROM reading WHERE state IN ('sent', 'confirmed') AND seq >= ? AND {_SINCE}",  # noqa: S608
        (first, since, UNKNOWN),
    ).fetchone()
    return ReplaySpan(first=low, last=high, since=since, rows=rows) if rows else None


def in_span(db: sqlite3.Connection, span: ReplaySpan, limit: int) -> list[OutboxMessage]:
    """The next rows of a replay, lowest seq first."""
    found = db.execute(
        "SELECT seq, id, source, body, attempts FROM reading JOIN payload USING (seq)"  # noqa: S608
        f" WHERE seq BETWEEN ? AND ? AND state IN ('sent', 'confirmed') AND {_SINCE} ORDER BY seq LIMIT ?",
        (span.first, span.last, span.since, UNKNOWN, limit),
    )
    return [_message(row) for row in found]


def replay(db: sqlite3.Connection) -> ReplaySpan | None:
    """The replay that is under way; none where a damaged disk left nonsense."""
    found = db.execute("SELECT value FROM meta WHERE key = 'replay'").fetchone()
    try:
        return ReplaySpan(**json.loads(found[0])) if found else None
    except (ValueError, TypeError):
        return None


def set_replay(db: sqlite3.Connection, span: ReplaySpan | None) -> None:
    """This replay is under way, or none."""
    if span is None:
        db.execute("DELETE FROM meta WHERE key = 'replay'")
    else:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('replay', ?)", (json.dumps(asdict(span)),))


def retained(db: sqlite3.Connection) -> set[str]:
    """Topics under which a retained message of ours may stand."""
    return {topic for (topic,) in db.execute("SELECT topic FROM retained")}


def remember(db: sqlite3.Connection, topics: Sequence[str], forget: Sequence[str]) -> None:
    """Retained topics that come and go."""
    db.executemany("INSERT OR IGNORE INTO retained VALUES (?)", [(topic,) for topic in topics])
    db.executemany("DELETE FROM retained WHERE topic = ?", [(topic,) for topic in forget])


def _message(row: tuple[int, str, str, bytes, int]) -> OutboxMessage:
    seq, id, source, body, attempts = row
    return message(seq, FrameId(id), SourceName(source), body, attempts)
