"""Who is suspected, who is convicted, and who is not."""

import pytest

from edged.flow.relaying.suspects import CROWD, Suspects
from edged.link import Suspicion
from edged.types import FrameId, OutboxMessage, SourceName


def row(seq: int) -> OutboxMessage:
    """Some row."""
    return OutboxMessage(seq=seq, id=FrameId(str(seq)), source=SourceName("inbox"), payload=b"{}", attempts=0)


@pytest.fixture
def suspects() -> Suspects:
    return Suspects()


def test_an_innocent_end_makes_no_suspects(suspects: Suspects) -> None:
    """A shutdown of the broker says nothing of what was in flight."""
    assert suspects.ended([row(1)], Suspicion.NONE, 0, alone=True, proven=True) is None
    assert suspects.accused(broker_was_there=True) is None
    assert 1 not in suspects


@pytest.mark.parametrize("suspicion", [Suspicion.PERHAPS, Suspicion.CERTAIN])
def test_in_a_crowd_nobody_is_convicted(suspects: Suspects, suspicion: Suspicion) -> None:
    """All are to be sent alone, lowest seq first, and none is counted."""
    assert suspects.ended([row(2), row(1)], suspicion, 0, alone=False, proven=True) is None
    assert suspects.accused(broker_was_there=True) is None
    assert suspects.next(0) == row(1)
    suspects.clear(1)
    assert suspects.next(0) == row(2)


def test_alone_beside_a_notice_is_not_alone(suspects: Suspects) -> None:
    """A status in flight may have been the reason."""
    assert suspects.ended([row(1)], Suspicion.CERTAIN, 0, alone=False, proven=True) is None
    assert suspects.accused(broker_was_there=True) is None


@pytest.mark.parametrize(("proven", "there"), [(True, False), (False, True), (False, False)])
def test_silence_convicts_only_where_the_broker_was_well_before_and_after(suspects: Suspects, proven: bool, there: bool) -> None:
    """Without a receipt before, or the broker at the first knock after, it may be the broker or the network."""
    suspects.ended([row(1)], Suspicion.PERHAPS, 0, alone=True, proven=proven)
    assert suspects.accused(broker_was_there=there) is None
    assert 1 in suspects


def test_alone_and_well_before_and_after_convicts_once(suspects: Suspects) -> None:
    """The verdict is given once."""
    assert suspects.ended([row(1)], Suspicion.PERHAPS, 0, alone=True, proven=True) is None
    assert suspects.accused(broker_was_there=True) == row(1)
    assert suspects.accused(broker_was_there=True) is None


def test_a_broker_that_says_why_convicts_at_once(suspects: Suspects) -> None:
    """Packet too large, with one packet in flight."""
    assert suspects.ended([row(1)], Suspicion.CERTAIN, 0, alone=True, proven=False) == row(1)
    assert suspects.accused(broker_was_there=True) is None


def test_silent_rows_come_later_each_time(suspects: Suspects) -> None:
    """5, 10, 20 … seconds, five minutes at most."""
    waits = []
    for _ in range(9):
        suspects.silent(row(1), 100)
        waits.append(next(wait for wait in range(400) if suspects.next(100 + wait)))
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def accuse(suspects: Suspects, accused: OutboxMessage, now: float = 0) -> int:
    """The broker hung up on this row, alone, and was well before and after; how many accusations count."""
    suspects.ended([accused], Suspicion.PERHAPS, now, alone=True, proven=True)
    assert suspects.accused(broker_was_there=True) == accused
    return suspects.counts(accused, now)


def test_accusations_count_only_with_a_control(suspects: Suspects) -> None:
    """Another row of the topic has to pass after the first: then that one counts, too, and each from now on."""
    suspects.taken(row(9), 0)
    assert [accuse(suspects, row(1)) for _ in range(5)] == [0] * 5
    suspects.taken(row(2), 0)
    assert [accuse(suspects, row(1)) for _ in range(3)] == [2, 1, 1]


def test_a_row_of_another_topic_is_no_control(suspects: Suspects) -> None:
    """What passes elsewhere says nothing of this topic."""
    accuse(suspects, row(1))
    suspects.taken(OutboxMessage(seq=2, id=FrameId("2"), source=SourceName("other"), payload=b"", attempts=0), 0)
    assert accuse(suspects, row(1)) == 0


def test_an_accused_row_without_control_comes_later_until_there_is_one(suspects: Suspects) -> None:
    """1, 2, 4 … seconds; a control makes it due at once."""
    for wait in (1, 2, 4, 8):
        accuse(suspects, row(1), 100)
        assert suspects.next(100 + wait - 0.1) is None
        assert suspects.next(100 + wait) == row(1)
    suspects.taken(row(2), 100)
    assert suspects.next(101) == row(1)


def test_those_nobody_accused_go_first(suspects: Suspects) -> None:
    """They are the control of the others."""
    accuse(suspects, row(1), 0)
    suspects.ask(row(2), 0)
    suspects.ask(row(3), 0)
    assert suspects.next(10) == row(2)
    assert 3 not in suspects  # one at a time is enough


def test_a_topic_that_waits_lets_its_other_rows_go_first(suspects: Suspects) -> None:
    """The five seconds of its suspects begin when it is open again; other topics are not held back."""
    other = OutboxMessage(seq=2, id=FrameId("2"), source=SourceName("other"), payload=b"", attempts=0)
    suspects.add([row(1)], 0)
    suspects.hold(SourceName("inbox"), 60)
    assert [suspects.pressing(now) for now in (59, 60, 64, 65)] == [False, False, False, True]
    suspects.add([other], 0)
    assert suspects.pressing(59)


def test_closed_topics_are_passed_over(suspects: Suspects) -> None:
    """Rows of a topic that waits do not wait in line before others."""
    suspects.add([row(1)], 0)
    assert suspects.next(100, [SourceName("inbox")]) is None
    assert not suspects.pressing(100, [SourceName("inbox")])


def test_suspects_press_after_five_seconds_or_in_a_crowd(suspects: Suspects) -> None:
    """Others go first, but not for ever, and not when memory fills with suspects."""
    suspects.add([row(1)], 10)
    assert suspects.next(9) is None
    assert [suspects.pressing(now) for now in (9, 10, 14.9, 15)] == [False, False, False, True]
    suspects.add((row(seq) for seq in range(2, CROWD + 1)), 10)
    assert suspects.pressing(10)
    assert len(suspects) == CROWD
