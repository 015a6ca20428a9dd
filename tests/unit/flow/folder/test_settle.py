"""The tracker says READY only for what was quiet long enough."""

from hypothesis import given
from hypothesis import strategies as st

from edged.flow.folder.settle import Settled, SettleTracker, Stamp

A, B = Stamp(10, 1, 1), Stamp(20, 1, 1)


def tracker() -> SettleTracker:
    return SettleTracker(settle_seconds=2, stalled_seconds=60)


def test_a_new_file_waits_and_is_ready_once_it_was_quiet() -> None:
    """Size, time and inode unchanged for settle_seconds."""
    files = tracker()
    assert files.observe("a", A, 0) is Settled.WAIT
    assert files.next_due() == 2
    assert files.observe("a", A, 1.9) is Settled.WAIT
    assert files.observe("a", A, 2) is Settled.READY


def test_any_change_starts_the_wait_again() -> None:
    """Each of size, time and inode counts."""
    for other in (B, Stamp(10, 2, 1), Stamp(10, 1, 2)):
        files = tracker()
        files.observe("a", A, 0)
        assert files.observe("a", other, 2) is Settled.WAIT
        assert files.observe("a", other, 3.9) is Settled.WAIT
        assert files.observe("a", other, 4) is Settled.READY


def test_the_age_of_a_file_counts_at_the_first_look() -> None:
    """What lay there before we came is not waited for; part of the wait counts too."""
    assert tracker().observe("a", A, 0, age=2) is Settled.READY
    files = tracker()
    assert files.observe("a", A, 0, age=1.5) is Settled.WAIT
    assert files.next_due() == 0.5


def test_the_age_does_not_count_once_we_saw_a_change() -> None:
    """A writer that sets old times cannot talk us out of waiting."""
    files = tracker()
    files.observe("a", A, 0)
    assert files.observe("a", B, 1, age=1000) is Settled.WAIT


def test_a_file_from_the_future_waits() -> None:
    """A clock that was set says nothing of the file."""
    files = tracker()
    assert files.observe("a", A, 0, age=-1000) is Settled.WAIT
    assert files.next_due() == 2


def test_an_incomplete_file_is_not_ready_before_it_changed() -> None:
    """Quiet is not enough where the structure says that more must follow; it is looked at meanwhile."""
    files = tracker()
    files.defer("a", A, 0)
    assert files.next_due() == 2
    assert files.observe("a", A, 10) is Settled.WAIT
    assert files.observe("a", B, 12) is Settled.WAIT
    assert files.observe("a", B, 14) is Settled.READY


def test_an_incomplete_file_that_does_not_grow_is_stalled() -> None:
    """It is given up after stalled_seconds, not before, and a growing one is not."""
    files = tracker()
    files.defer("a", A, 0)
    assert files.observe("a", A, 59.9) is Settled.WAIT
    assert files.next_due() == 2  # an old look, skipped by due
    assert files.due(59.9) == []
    assert files.next_due() == 60
    assert files.observe("a", A, 60) is Settled.STALLED


def test_finding_the_same_incomplete_bytes_again_does_not_prolong() -> None:
    """Opening and closing without writing is not growth."""
    files = tracker()
    files.defer("a", A, 0)
    files.defer("a", A, 50)
    assert files.observe("a", A, 60) is Settled.STALLED


def test_each_due_name_is_given_once() -> None:
    """Until it is observed again."""
    files = tracker()
    files.observe("a", A, 0)
    files.observe("a", A, 1)
    files.observe("b", A, 1)
    assert files.due(1.9) == []
    assert files.due(3) == ["a", "b"]
    assert files.due(100) == []
    files.observe("a", B, 100)
    assert files.due(102) == ["a"]


def test_what_is_forgotten_is_not_due() -> None:
    """Taken and removed files cost nothing."""
    files = tracker()
    files.observe("a", A, 0)
    files.forget("a")
    files.forget("never seen")
    assert (len(files), files.due(100), "a" in files) == (0, [], False)


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3)), max_size=40))
def test_ready_means_quiet(looks: list[tuple[float, int]]) -> None:
    """However looks and changes fall: READY only where all looks of the last 2 seconds saw the same."""
    files, now, since, last = tracker(), 0.0, 0.0, None
    for pause, size in looks:
        now += pause
        if size != last:
            since, last = now, size
        seen = files.observe("a", Stamp(size, 0, 0), now)
        assert (seen is Settled.READY) == (now - since >= 2)
