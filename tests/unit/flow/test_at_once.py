"""Texts read at once."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edged.errors import FrameFailed
from edged.flow.at_once import AtOnce
from edged.types import Answer, Pixels, Transcript


def at_once(submit: Callable[[Pixels, Answer], None], check: Callable[[], None] = lambda: None) -> AtOnce:
    """Two pieces a line; a line says the sum of what its pieces show."""
    return AtOnce(
        prepared=lambda cut: cut + 1,
        cut=lambda line: [line, line],
        submit=submit,
        check=check,
        join=lambda pieces: np.concatenate(list(pieces)),  # type: ignore[call-overload]
        transcribe=lambda seen: Transcript(text=str(seen.sum()), confidence=1.0, characters=()),  # type: ignore[attr-defined]
    )


def cuts(*values: int) -> list[Pixels]:
    return [np.full((1, 1, 3), value, np.uint8) for value in values]


def test_answers_come_in_the_order_of_the_cuts_whoever_is_read_first() -> None:
    """All pieces are under way before the first answer is waited for."""
    held: list[tuple[Any, Answer]] = []

    def submit(piece: Pixels, answer: Answer) -> None:
        held.append((piece[0, :, 0].astype(int), answer))
        if len(held) == 6:
            for seen, one in reversed(held):
                threading.Thread(target=one, args=(seen, None)).start()

    assert [one.text for one in at_once(submit)(cuts(1, 2, 3))] == ["4", "6", "8"]


def test_a_failed_inference_fails_the_frame() -> None:
    """Told by the recogniser itself, or found when no answer comes."""

    def fail(_: Pixels, answer: Answer) -> None:
        answer(None, RuntimeError("no memory"))

    with pytest.raises(FrameFailed, match="the recogniser failed: no memory"):
        at_once(fail)(cuts(1))


def test_what_nobody_answers_is_looked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO calls nobody back for an inference that failed."""
    monkeypatch.setattr("edged.flow.at_once._LOOK_SECONDS", 0.001)
    held: list[Answer] = []

    def check() -> None:
        while held:
            held.pop()(None, RuntimeError("lost"))

    with pytest.raises(FrameFailed, match="lost"):
        at_once(lambda _, answer: held.append(answer), check)(cuts(1))


def test_nothing_is_asked_of_nothing() -> None:
    assert at_once(lambda _piece, _answer: None)([]) == []


def test_a_line_of_many_pieces_shows_that_it_goes_on() -> None:
    """With each piece that is taken, and each that is answered: a feed that is silent for seconds is thought to hang."""
    beats: list[int] = []
    at_once(lambda piece, answer: answer(piece[0, :, 0].astype(int), None))(cuts(1, 2, 3), beat=lambda: beats.append(1))  # type: ignore[arg-type]
    assert len(beats) == 12
