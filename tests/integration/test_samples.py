from pathlib import Path

import pytest

from edged.commands.evaluate import PLAIN
from edged.commands.pictures import opened
from edged.config import ModelSection
from edged.generation import config_or_defaults
from edged.types import Outcome, Transcript
from tests.eval.lines import by_edged, by_reference

SAMPLES = Path(__file__).parents[1] / "samples"
MODELS = Path(__file__).parents[2] / "models"
LABELS = dict(row.split("\t") for row in (SAMPLES / "labels.tsv").read_text(encoding="utf8").splitlines())


@pytest.fixture(scope="module")
def read() -> dict[str, Transcript]:
    """All samples, read with the default chain and the default model."""
    with opened(config_or_defaults(None), PLAIN, ModelSection(), MODELS) as chain:
        readings = chain.readings(str(SAMPLES / name) for name in LABELS)
        return {name: reading.lines[0].transcript for name, reading in zip(LABELS, readings, strict=True)}


def squeezed(text: str) -> str:
    """Spaces do not count."""
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


def test_no_sample_is_lost_to_the_reference(tmp_path: Path) -> None:
    """What the plain loop of a published model reads, edged reads with that model: the twin of the comparison on real pictures."""
    read, reference = by_edged(SAMPLES, list(LABELS), tmp_path), by_reference(SAMPLES, list(LABELS))
    lost = [name for name, text in reference.items() if squeezed(text) == squeezed(LABELS[name]) != squeezed(read[name].text)]
    assert not lost


def test_the_lines_of_a_photograph_are_found_and_read_in_order() -> None:
    """A label on a bench, at an angle: with the default detector; each line tells where it stands."""
    source = PLAIN.model_copy(update={"layout": "detect"})
    with opened(config_or_defaults(None), source, ModelSection(), MODELS) as chain:
        (reading,) = chain.readings([str(SAMPLES / "photos" / "label.jpg")])
    assert reading.text.split("\n") == ["产品合格证", "LOT A17-042", "EXP 2027-03-15", "额定电压220V"]
    assert reading.outcome == Outcome.OK
    tops = [line.box[0] for line in reading.lines]
    assert all(200 < x < 260 for x, _ in tops)
    assert [y for _, y in tops] == sorted(y for _, y in tops)
