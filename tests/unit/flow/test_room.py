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
