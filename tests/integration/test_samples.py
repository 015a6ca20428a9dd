from pathlib import Path

import pytest

from edged.types import Transcript
from tests.eval.lines import by_edged, by_reference

SAMPLES = Path(__file__).parents[1] / "samples"
LABELS = dict(row.split("\t") for row in (SAMPLES / "labels.tsv").read_text(encoding="utf8").splitlines())
pytestmark = pytest.mark.xdist_group("samples")  # what they share is made once


@pytest.fixture(scope="module")
def read() -> dict[str, Transcript]:
    """All samples, read with the default chain."""
    return by_edged(SAMPLES, list(LABELS))


def squeezed(text: str) -> str:
    """The model leaves out spaces: they do not count."""
    return "".join(text.split())


def test_every_sample_has_its_label() -> None:
    """Pictures and labels are the same set."""
    assert {path.name for path in SAMPLES.iterdir() if path.suffix in {".png", ".jpg"}} == set(LABELS)


@pytest.mark.parametrize("name", LABELS)
def test_a_sample_is_read(name: str, read: dict[str, Transcript]) -> None:
    """Latin, digits, Chinese, mixed, light on dark, tilted, tiny and long: the text is right, each character is described."""
    transcript = read[name]
    assert squeezed(transcript.text) == squeezed(LABELS[name])
    assert len(transcript.characters) == len(transcript.text)
    assert transcript.confidence == min(character.confidence for character in transcript.characters)


def test_no_sample_is_lost_to_the_reference(read: dict[str, Transcript]) -> None:
    """What the plain loop of the same model reads, edged reads: the twin of the comparison on real pictures."""
    reference = by_reference(SAMPLES, list(LABELS))
    lost = [name for name, text in reference.items() if squeezed(text) == squeezed(LABELS[name]) != squeezed(read[name].text)]
    assert not lost
