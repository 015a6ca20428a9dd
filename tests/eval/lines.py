"""Predictions of edged and of the plain reference for the same pictures."""

from collections.abc import Sequence
from pathlib import Path

from edged.commands.evaluate import PLAIN
from edged.commands.pictures import opened
from edged.config import ModelSection
from edged.generation import config_or_defaults
from edged.shelf.build import write
from edged.shelf.recipes import PPOCRV2
from edged.types import Transcript
from scripts import reference_lines


def by_edged(tree: Path, keys: Sequence[str], shelf: Path) -> dict[str, Transcript]:
    """Read with the default chain and the model of the reference, which is built into *shelf*."""
    write(PPOCRV2, reference_lines.cached_wheel(), shelf / PPOCRV2.name)
    with opened(config_or_defaults(None), PLAIN, ModelSection(name=PPOCRV2.name), shelf) as chain:
        readings = chain.readings(str(tree / key) for key in keys)
        return {key: reading.lines[0].transcript for key, reading in zip(keys, readings, strict=True) if reading.lines}


def by_reference(tree: Path, keys: Sequence[str]) -> dict[str, str]:
    """Read with the published preprocessing."""
    read = reference_lines.predictions(tree, keys, reference_lines.cached_wheel())
    return {key: text for key, (text, _) in read.items()}
