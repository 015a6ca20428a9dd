"""The trial names the picture that kills its reader, and no other."""

import sys
from pathlib import Path

import pytest

from edged.config import LimitsSection
from edged.errors import FrameFailed
from edged.flow.trial import survives
from tests.doubles.pictures import jpeg
from tests.doubles.pictures.base import scene

LIMITS = LimitsSection()
DOUBLE = Path(__file__).parents[2] / "doubles" / "crashing_decoder"


@pytest.fixture
def _dangerous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes get the decoder that dies on marked pictures."""
    monkeypatch.setenv("PYTHONPATH", str(DOUBLE))


def marked(word: bytes) -> bytes:
    """A whole JPEG with a word in its comment."""
    return jpeg.with_segment(jpeg.jpeg(scene()), jpeg.segment(0xFE, word))


def python(program: str) -> tuple[str, ...]:
    """A child that does not decode at all."""
    return (sys.executable, "-c", program)


@pytest.mark.usefixtures("_dangerous")
def test_a_picture_that_aborts_the_reader_is_guilty() -> None:
    """The signal and the moment stand in the reason."""
    with pytest.raises(FrameFailed, match="crashed the reader twice: SIGABRT while decoding") as caught:
        survives(marked(b"EDGED-TEST-ABORT"), LIMITS, timeout_seconds=60)
    assert caught.value.hint


@pytest.mark.usefixtures("_dangerous")
def test_an_innocent_picture_survives_in_the_same_company() -> None:
    """Pictures without a mark are decoded by the same child."""
    survives(marked(b"nothing"), LIMITS, timeout_seconds=60)


@pytest.mark.usefixtures("_dangerous")
def test_a_picture_that_hangs_the_reader_is_guilty() -> None:
    """The child is ended after its time."""
    with pytest.raises(FrameFailed, match="still decoding after 12 s"):  # of which a slow machine needs most to start it
        survives(marked(b"EDGED-TEST-HANG"), LIMITS, timeout_seconds=12)


@pytest.mark.parametrize("program", ["/nowhere/python", "/"], ids=["missing", "forbidden"])
def test_a_child_that_cannot_be_made_proves_nothing(program: str) -> None:
    """No process to be had says something of the machine, not of the picture."""
    survives(b"x", LIMITS, timeout_seconds=60, command=(program,))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", jpeg.jpeg(scene())[:-5]], ids=["empty", "PDF", "cut"])
def test_an_ordinary_refusal_is_not_a_crash(data: bytes) -> None:
    """The reader meets the same refusal itself and lives."""
    survives(data, LIMITS, timeout_seconds=60)


def test_a_picture_of_the_largest_size_fits_into_the_trial() -> None:
    """The confinement leaves room for the largest picture of the configuration."""
    import numpy as np

    from tests.doubles.pictures import png

    large = np.zeros((1000, 4000, 4), np.uint16)
    limits = LimitsSection(max_pixels=4_000_000)
    survives(png.png(large, colour=6, depth=16), limits, timeout_seconds=60)


READY = "import os, signal, sys; sys.stdin.read(); print('ready', flush=True); "


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("sys.exit(9)", "exit code 9 while decoding"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV while decoding"),
        ("os.kill(os.getpid(), 40)", "signal 40 while decoding"),
    ],
)
def test_every_wrong_ending_is_told(program: str, says: str) -> None:
    """Exit codes and signals are named."""
    with pytest.raises(FrameFailed, match=says):
        survives(b"", LIMITS, timeout_seconds=60, command=python(READY + program))


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"])
def test_a_child_that_never_came_to_the_picture_proves_nothing(program: str) -> None:
    """A broken installation is not the picture's doing."""
    survives(b"", LIMITS, timeout_seconds=60, command=python(program))
