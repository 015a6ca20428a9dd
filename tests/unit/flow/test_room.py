"""Decoded pictures in bounded memory."""

import threading

import pytest

from edged.flow.room import Room
from tests.doubles.wait import until


def test_pictures_that_fit_together_are_there_together() -> None:
    """Nobody waits."""
    room = Room(100)
    with room.visit(lambda: pytest.fail("waited")) as one, room.visit(lambda: pytest.fail("waited")) as other:
        one.admit(60)
        other.admit(40)


def test_who_finds_no_room_waits_for_it_and_shows_that_it_lives() -> None:
    """The room is there once the other picture is gone."""
    room, beats, inside = Room(100), list[int](), threading.Event()

    def second() -> None:
        with room.visit(lambda: beats.append(1)) as visit:
            visit.admit(60)
            inside.set()

    thread = threading.Thread(target=second)
    with room.visit(lambda: None) as visit:
        visit.admit(60)
        thread.start()
        until(lambda: bool(beats))
        assert not inside.is_set()
    thread.join(30)
    assert inside.is_set()


def test_what_is_larger_than_the_room_gets_in_alone() -> None:
    """Else it would wait for ever."""
    room = Room(100)
    with room.visit(lambda: pytest.fail("waited")) as visit:
        visit.admit(1000)
    with room.visit(lambda: pytest.fail("waited")) as visit:
        visit.admit(100)


def test_a_picture_that_fails_leaves_no_trace() -> None:
    """Nor does one that was refused before it was decoded."""
    room = Room(100)

    def failing() -> None:
        with room.visit(lambda: None) as visit:
            visit.admit(100)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    with room.visit(lambda: None):
        pass
    with room.visit(lambda: pytest.fail("waited")) as visit:
        visit.admit(100)


def test_many_small_pictures_do_not_keep_a_large_one_out() -> None:
    """Whoever comes later waits behind it, also where there is room for him."""
    room, order = Room(100), list[str]()

    def enter(name: str, pixels: int, waits: threading.Event) -> None:
        with room.visit(waits.set) as visit:
            visit.admit(pixels)
            order.append(name)

    with room.visit(lambda: None) as before:
        before.admit(10)
        threads = []
        for name, pixels in (("large", 120), ("small", 10)):
            waits = threading.Event()
            threads.append(threading.Thread(target=enter, args=(name, pixels, waits)))
            threads[-1].start()
            assert waits.wait(30), f"{name} did not wait"
    for thread in threads:
        thread.join(30)
    assert order == ["large", "small"]


def test_who_gives_up_waiting_leaves_the_line() -> None:
    """A beat that raises ends the wait of its picture alone."""
    room = Room(100)

    def raising() -> None:
        raise ZeroDivisionError

    with room.visit(lambda: None) as before:
        before.admit(60)
        with pytest.raises(ZeroDivisionError), room.visit(raising) as visit:
            visit.admit(60)
        with room.visit(lambda: pytest.fail("waited")) as after:
            after.admit(40)
