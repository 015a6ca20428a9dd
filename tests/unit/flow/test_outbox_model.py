"""The outbox against a model: whatever is called in whatever order, nothing is lost, doubled or skipped."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edged.types import OutboxStats, SourceName
from tests.contracts.message_store_contract import NOW
from tests.doubles.clock import FakeClock
from tests.doubles.readings import frame_id, make_outbox, reading

NUMBERS = st.integers(min_value=1, max_value=40)


class OutboxMachine(RuleBasedStateMachine):
    """Adds, answers, files, forgets, crashes and reopens; the model is two dictionaries."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.seqs: dict[int, int] = {}  # number of the reading -> seq
        self.states: dict[int, str] = {}  # seq -> state
        self.filed: set[int] = set()  # numbers
        self.awaited: set[int] = set()  # seqs that a consumer has to confirm
        self.open()

    def open(self) -> None:
        self.outbox = make_outbox(Path(self.folder.name), clock=self.clock)
        self.outbox.open()

    @rule(numbers=st.lists(NUMBERS, max_size=6))
    def add(self, numbers: list[int]) -> None:
        committed = self.outbox.add([reading(n, source=SourceName("ab"[n % 2])) for n in numbers])
        for number, row in zip(numbers, committed, strict=True):
            if number not in self.seqs or self.states[self.seqs[number]] == "pruned":  # what was forgotten is new
                self.seqs[number] = len(self.states) + 1
                self.states[self.seqs[number]] = "pending"
                self.filed.discard(number)
            assert row.seq == self.seqs[number]

    @rule(seqs=st.lists(NUMBERS, max_size=6))
    def accept(self, seqs: list[int]) -> None:
        self.outbox.accept(seqs)
        for seq in seqs:
            if self.states.get(seq) == "pending":
                self.states[seq] = "sent"

    @rule(seqs=st.lists(NUMBERS, max_size=6))
    def accept_to_be_confirmed(self, seqs: list[int]) -> None:
        self.outbox.accept(seqs, NOW + 60)
        for seq in seqs:
            if self.states.get(seq) == "pending":
                self.states[seq] = "sent"
                self.awaited.add(seq)

    @rule(numbers=st.lists(NUMBERS, max_size=6))
    def confirm(self, numbers: list[int]) -> None:
        seqs = [self.seqs[n] for n in dict.fromkeys(numbers) if n in self.seqs]
        fresh = [seq for seq in seqs if self.states[seq] not in ("confirmed", "pruned")]
        assert self.outbox.confirm([frame_id(n) for n in numbers]) == fresh
        self.states |= dict.fromkeys(fresh, "confirmed")
        self.awaited -= set(fresh)

    @rule()
    def send_again(self) -> None:
        overdue = [row.seq for row in self.outbox.overdue(100, NOW + 100, 3600)]
        assert set(overdue) <= self.awaited
        self.outbox.sent_again(overdue, NOW, 60, 3600)

    @rule()
    def await_nothing(self) -> None:
        self.outbox.await_nothing()
        self.awaited.clear()

    @rule(seq=NUMBERS)
    def reject(self, seq: int) -> None:
        self.outbox.reject(seq, "no")
        if self.states.get(seq) == "pending" or seq in self.awaited:  # as the port says
            self.states[seq] = "dead"
            self.awaited.discard(seq)

    @rule(seq=NUMBERS)
    def keep(self, seq: int) -> None:
        self.outbox.keep(seq, "later", NOW, count=False)

    @rule()
    def retry(self) -> None:
        dead = [seq for seq, state in self.states.items() if state == "dead"]
        assert self.outbox.retry() == len(dead)
        self.states |= dict.fromkeys(dead, "pending")

    @rule(numbers=st.lists(NUMBERS, max_size=6))
    def file(self, numbers: list[int]) -> None:
        known = [n for n in numbers if n in self.seqs]
        self.outbox.filed([frame_id(n) for n in known])
        self.outbox.accept([])  # writes it
        self.filed.update(known)

    @rule(days=st.integers(min_value=1, max_value=10))
    def forget(self, days: int) -> None:
        self.clock.advance(days * 86_400)
        self.outbox.tidy()
        for number, seq in self.seqs.items():
            if self.states[seq] in ("sent", "confirmed") and self.outbox.find(frame_id(number)) is None:
                assert number in self.filed
                assert seq not in self.awaited
                self.states[seq] = "pruned"

    @rule()
    def reopen(self) -> None:
        self.outbox.close()
        self.open()

    @rule()
    def crash(self) -> None:
        """The process ends without closing; only the lock is let go of."""
        self.outbox._database._db.close()
        self.open()

    @invariant()
    def nothing_is_lost(self) -> None:
        states = list(self.states.values())
        stats = self.outbox.stats()
        assert stats == OutboxStats(
            readings=len(states),
            pending=states.count("pending"),
            sent=states.count("sent"),
            confirmed=states.count("confirmed"),
            dead=states.count("dead"),
            pruned=states.count("pruned"),
            bytes=stats.bytes,
            epoch=stats.epoch,
            unconfirmed=len(self.awaited),
        )
        assert sorted(self.states) == list(range(1, len(states) + 1))
        pending = [seq for seq, state in sorted(self.states.items()) if state == "pending"]
        assert [row.seq for row in self.outbox.due(100, NOW)] == pending

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            self.folder.cleanup()


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestOutboxModel = OutboxMachine.TestCase
