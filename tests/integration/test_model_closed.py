"""A closed model leaves nothing behind: the runtime would keep tens of megabytes for each one that was replaced."""

import gc
import subprocess
import sys
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
    model = load_model([MODELS], "crnn-zh-en")
    recogniser = Recogniser(model, RecogniseSection(threads=1, requests=1))
    recogniser.open()
    answers: list[object] = []
    recogniser.submit(np.zeros((48, 100, 3), np.uint8), lambda posteriors, _: answers.append(posteriors))
    until(lambda: answers)
    held = [weakref.ref(shape) for shape in recogniser._shapes.values()]
    recogniser.close()
    gc.collect()
    assert held
    assert not any(shape() for shape in held)
    dead = weakref.ref(recogniser)
    del recogniser
    gc.collect()
    assert dead() is None


SIGNALLED = """
import gc, signal, threading
from pathlib import Path
from edged.config import RecogniseSection
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser

def recogniser():
    made = Recogniser(load_model([Path("models")], "crnn-zh-en"), RecogniseSection(threads=1, requests=1))
    made.open()
    return made

def replace():
    models.append(recogniser())
    models.pop(0).close()
    gc.collect()

models = [recogniser()]
thread = threading.Thread(target=replace)
thread.start()
thread.join()
signal.signal(signal.SIGHUP, lambda *_: print("heard"))
signal.raise_signal(signal.SIGHUP)
"""


def test_signals_are_survived_after_a_model_was_closed_in_another_thread() -> None:
    """The runtime gives the thread that loads its plugin a signal stack and takes it away with the plugin: SIGTERM was a crash."""
    done = subprocess.run([sys.executable, "-c", SIGNALLED], cwd=MODELS.parent, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr
