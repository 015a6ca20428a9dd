import subprocess
import sys
from pathlib import Path

import pytest

from edged.config import RecogniseSection
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser
from edged.manifest import load_manifest
from edged.shelf.build import copy
from edged.shelf.recipes import CRNN_CODES

ROOT = Path(__file__).parents[2]

carried = pytest.mark.skipif(
    CRNN_CODES.missing is not None, reason="crnn-codes is not carried yet: python -m scripts.foundry.codes_export CHECKPOINT"
)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with the model."""
    copy(CRNN_CODES, tmp_path / CRNN_CODES.name)
    return tmp_path


@carried
def test_it_has_the_pinned_digest_and_reads_its_golden_lines(shelf: Path) -> None:
    """What subscribers see as the model's digest is what is pinned; one of the lines stands upside down, and is told."""
    manifest = load_manifest(shelf / CRNN_CODES.name)
    assert set(CRNN_CODES.digests) == set(manifest.files)
    assert manifest.charset.turned in [golden.text for golden in manifest.golden]
    for precision, digest in CRNN_CODES.digests.items():
        model = load_model([shelf], CRNN_CODES.name, precision)
        assert model.ref.digest == digest
        recogniser = Recogniser(model, RecogniseSection(threads=1, requests=1))
        recogniser.open()
        recogniser.close()


@carried
def test_a_shelf_gets_it_by_name(tmp_path: Path) -> None:
    """Without any package, and with a card that names its training."""
    command = [sys.executable, "-m", "edged", "models", "build", CRNN_CODES.name, "--models-dir", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=300)
    manifest = load_manifest(tmp_path / CRNN_CODES.name)
    assert manifest.provenance.trained_by == "edged"
    assert str(manifest.provenance.checkpoint_sha256) in (tmp_path / CRNN_CODES.name / "README.md").read_text(encoding="utf8")
    assert [path.name for path in tmp_path.iterdir()] == [CRNN_CODES.name]


@carried
def test_it_is_small_and_says_what_the_foundry_trains(shelf: Path) -> None:
    """At most 5 MB in the project, both precisions; its classes are those of the foundry's table."""
    folder = shelf / CRNN_CODES.name
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 5_000_000
    assert (folder / "charset.txt").read_bytes() == (ROOT / "scripts" / "foundry" / "codes_charset.txt").read_bytes()


@pytest.mark.skipif(CRNN_CODES.missing is None, reason="it is carried")
def test_before_it_is_carried_that_is_what_the_command_says(tmp_path: Path) -> None:
    """Which file is not there, and what else can be done."""
    command = [sys.executable, "-m", "edged", "models", "build", CRNN_CODES.name, "--models-dir", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=ROOT, timeout=300, capture_output=True, text=True)
    assert done.returncode == 78
    assert "crnn-codes: this version of edged has the recipe, but not the weights: " in done.stderr
    assert "take another model" in done.stderr
