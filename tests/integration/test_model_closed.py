"""A closed model leaves nothing behind: the runtime would keep tens of megabytes for each one that was replaced."""

import gc
import weakref
from pathlib import Path

import numpy as np

from edged.config import RecogniseSection
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser
from tests.doubles.wait import until

MODELS = Path(__file__).parents[2] / "models"


def test_nothing_holds_a_closed_model() -> None:
    """Neither a cycle through the runtime's queue, which no collection sees, nor the last line of each request."""
    model = load_model([MODELS], "ppocrv2-crnn")
    recogniser = Recogniser(model, RecogniseSection(threads=1, requests=1))
    recogniser.open()
    answers: list[object] = []
    recogniser.submit(np.zeros((32, 100, 3), np.uint8), lambda posteriors, _: answers.append(posteriors))
    until(lambda: answers)
    held = [weakref.ref(shape) for shape in recogniser._shapes.values()]
    recogniser.close()
    gc.collect()
    assert [shape() for shape in held] == [None]
    dead = weakref.ref(recogniser)
    del recogniser
    gc.collect()
    assert dead() is None
