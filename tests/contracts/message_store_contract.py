"""What every `MessageStore` keeps. A test class inherits this and gives the fixture `store`."""

import json

import pytest

from edged.flow.ports import MessageStore
from edged.types import FrameId, Outcome, RowState, SourceName
from tests.doubles.readings import frame_id, reading

NOW = 1_795_000_000.0


def balanced(store: MessageStore) -> bool:
    """The conservation law."""
    s = store.stats()
    return s.readings == s.pending + s.sent + s.confirmed + s.dead + s.pruned


class MessageStoreContract:
    def test_seq_starts_at_one_and_has_no_gaps(self, store: MessageStore) -> None:
        """Each reading gets the next seq, over several commits."""
        first = store.add([reading(1), reading(2)])
        second = store.add([reading(3)])
        assert [row.seq for row in first + second] == [1, 2, 3]
        assert store.stats().readings == 3

    def test_an_id_is_committed_once(self, store: MessageStore) -> None:
        """Adding an id again, even within one call, returns the first commit and changes nothing."""
        before = store.add([reading(1, outcome=Outcome.UNSURE, reasons=("blur",))])
        again = store.add([reading(1), reading(2), reading(2)])
        assert again[0] == before[0]
        assert [row.seq for row in again] == [1, 2, 2]
        assert store.stats().readings == 2

    def test_find_tells_what_was_committed(self, store: MessageStore) -> None:
        """A file that is found again learns its outcome and reasons."""
        store.add([reading(1, outcome=Outcome.FAILED, reasons=("damaged", "again"))])
        found = store.find(frame_id(1))
        assert found is not None
        assert (found.seq, found.outcome, found.reasons) == (1, Outcome.FAILED, ("damaged", "again"))
        assert store.find(FrameId("never")) is None

    def test_the_payload_carries_seq_and_epoch(self, store: MessageStore) -> None:
        """What goes out says its own seq and the epoch of the store."""
        store.add([reading(1), reading(2)])
        payloads = [json.loads(row.payload) for row in store.due(10, NOW)]
        assert [(p["seq"], p["id"], p["epoch"]) for p in payloads] == [(n, frame_id(n), store.stats().epoch) for n in (1, 2)]

    def test_due_is_ordered_limited_and_skips_sources(self, store: MessageStore) -> None:
        """The lowest seqs come first, whatever their source; sources may be passed over."""
        store.add([reading(n, source=SourceName("ab"[n % 2])) for n in range(1, 8)])
        assert [row.seq for row in store.due(3, NOW)] == [1, 2, 3]
        assert [row.seq for row in store.due(10, NOW, skip=[SourceName("b")])] == [2, 4, 6]

    def test_the_newest_is_the_pending_row_that_was_committed_last(self, store: MessageStore) -> None:
        """Of one source, due or not."""
        store.add([reading(n, source=SourceName("ab"[n % 2])) for n in range(1, 8)])
        store.accept([7])
        store.keep(5, "quota", NOW + 10, count=False)
        newest = store.newest(SourceName("b"))
        assert newest is not None
        assert (newest.seq, newest.id, newest.source, json.loads(newest.payload)["seq"]) == (5, frame_id(5), "b", 5)
        assert store.newest(SourceName("none")) is None

    def test_due_does_not_claim(self, store: MessageStore) -> None:
        """Saying nothing keeps: the same rows are due again."""
        store.add([reading(1)])
        assert store.due(1, NOW) == store.due(1, NOW)

    def test_accepted_rows_are_sent(self, store: MessageStore) -> None:
        """Accepting ends a row's way; accepting it twice, or one that never was, changes nothing."""
        store.add([reading(1), reading(2)])
        store.accept([1])
        store.accept([1, 77])
        assert [row.seq for row in store.due(10, NOW)] == [2]
        assert (store.stats().pending, store.stats().sent) == (1, 1)
        assert balanced(store)

    def test_a_kept_row_waits_and_counts(self, store: MessageStore) -> None:
        """A row is not due before its next try; only counted failures raise its attempts."""
        store.add([reading(1)])
        assert store.keep(1, "quota", NOW + 10, count=False) == 0
        assert store.keep(1, "size", NOW + 10, count=True) == 1
        assert store.keep(1, "size", NOW + 10, count=True) == 2
        assert store.due(1, NOW + 9) == []
        assert store.due(1, NOW + 10)[0].attempts == 2

    def test_a_next_try_far_away_is_due(self, store: MessageStore) -> None:
        """A row written while the clock was years ahead does not wait for years."""
        store.add([reading(1)])
        store.keep(1, "size", NOW + 10 * 365 * 86_400, count=True)
        assert len(store.due(1, NOW)) == 1

    def test_a_rejected_row_is_dead(self, store: MessageStore) -> None:
        """A dead row is not due, is counted, and cannot be accepted any more."""
        store.add([reading(1)])
        store.reject(1, "too large")
        store.accept([1])
        assert store.due(1, NOW) == []
        assert getattr(store.stats(), RowState.DEAD) == 1
        assert balanced(store)

    @pytest.mark.parametrize("sent", [0, 1])
    def test_what_was_not_sent_is_never_forgotten(self, store: MessageStore, sent: int) -> None:
        """Tidying leaves pending and dead rows, filed or not."""
        store.add([reading(n) for n in range(1, 5)])
        store.filed([frame_id(n) for n in range(1, 5)])
        store.reject(1, "bad")
        store.accept([2] * sent)
        store.tidy()
        assert store.stats().pending + store.stats().sent == 3
        assert balanced(store)
