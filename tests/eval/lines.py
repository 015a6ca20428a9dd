"""Predictions of edged and of the plain reference for the same pictures."""

from collections.abc import Sequence
from pathlib import Path

from edged.config import PreprocessSection
from edged.flow.model_files import load_model
from edged.types import Transcript
from scripts import eval_lines, reference_lines

MODELS = Path(__file__).parents[2] / "models"


def by_edged(tree: Path, keys: Sequence[str]) -> dict[str, Transcript]:
    """Read with the default chain."""
    chain = eval_lines.Chain(load_model([MODELS], eval_lines.MODEL))
    try:
        return chain.read(eval_lines.prepared(tree, keys, PreprocessSection(), chain.model.manifest.input.height))
    finally:
        chain.recogniser.close()


def by_reference(tree: Path, keys: Sequence[str]) -> dict[str, str]:
    """Read with the published preprocessing."""
    read = reference_lines.predictions(tree, keys, reference_lines.cached_wheel())
    return {key: text for key, (text, _) in read.items()}
