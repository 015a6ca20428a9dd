"""What files may take of the recogniser where there are cameras, too."""

import threading
from typing import Any

import numpy as np
import pytest

from edged.flow.share import Precedence, Share
from tests.doubles.wait import until

LINE = np.zeros((4, 4, 3), np.uint8)


def test_files_wait_for_their_share_and_leave_the_rest_free() -> None:
    """The third line of a file is not submitted before one of the first two has its answer, good or bad."""
    flying: list[Any] = []
    answers: list[Any] = []
    share = Share(2, lambda _, done: flying.append(done), lambda: None, Precedence())

    def feed() -> None:
        for _ in range(4):
            share.submit(LINE, lambda *answer: answers.append(answer))

    thread = threading.Thread(target=feed)
    thread.start()
    until(lambda: len(flying) == 2)
    flying.pop(0)(None, RuntimeError("broken"))
    until(lambda: len(flying) == 2)
    assert len(answers) == 1
    flying.pop(0)(None, None)
    until(lambda: len(flying) == 2)
    thread.join(30)
    assert not thread.is_alive()


def test_a_line_that_cannot_be_submitted_takes_nothing() -> None:
    """What is refused gives its place back."""

    def refuse(*_: Any) -> None:
        raise ValueError

    share = Share(1, refuse, lambda: None, Precedence())
    for _ in range(3):
        with pytest.raises(ValueError):  # noqa: PT011 - the double's own
            share.submit(LINE, lambda *_: None)


def test_files_give_way_to_frames_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of a file begins while a frame is read; one that waited long goes on all the same."""
    monkeypatch.setattr("edged.flow.share._WAY_SECONDS", 60.0)
    begun: list[Any] = []
    precedence = Precedence()
    share = Share(2, lambda _, done: begun.append(done), lambda: None, precedence)
    precedence.begin()
    precedence.begin()
    thread = threading.Thread(target=share.submit, args=(LINE, lambda *_: None))
    thread.start()
    precedence.end()
    assert not begun
    precedence.end()
    thread.join(30)
    assert len(begun) == 1
    monkeypatch.setattr("edged.flow.share._WAY_SECONDS", 0.05)
    precedence.begin()
    share.submit(LINE, lambda *_: None)
    assert len(begun) == 2
