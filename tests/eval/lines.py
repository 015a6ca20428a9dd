"""Predictions of edged and of the plain reference for the same pictures."""

from collections.abc import Sequence
from pathlib import Path

from edged.commands.evaluate import PLAIN
from edged.commands.pictures import opened
from edged.config import ModelSection
from edged.generation import config_or_defaults
from edged.types import Transcript
from scripts import reference_lines

MODELS = Path(__file__).parents[2] / "models"
MODEL = "ppocrv2-crnn"  # that of the reference


def by_edged(tree: Path, keys: Sequence[str]) -> dict[str, Transcript]:
    """Read with the default chain."""
    with opened(config_or_defaults(None), PLAIN, ModelSection(name=MODEL), MODELS) as chain:
        readings = chain.readings(str(tree / key) for key in keys)
        return {key: reading.lines[0].transcript for key, reading in zip(keys, readings, strict=True) if reading.lines}


def by_reference(tree: Path, keys: Sequence[str]) -> dict[str, str]:
    """Read with the published preprocessing."""
    read = reference_lines.predictions(tree, keys, reference_lines.cached_wheel())
    return {key: text for key, (text, _) in read.items()}
