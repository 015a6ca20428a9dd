"""A very small recogniser with a neck of ours: three letters of bars, eight pixels high, on a shelf as edged would write it."""

import hashlib
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import yaml
from numpy.typing import NDArray
from openvino import opset13 as op

from edged.manifest import FILE_NAME, load_manifest
from edged.shelf.convert import as_ir
from edged.shelf.neck import CONVOLVED, SKIP, behind
from edged.tuning.learn import Plan, learn
from edged.tuning.lines import Line
from tests.doubles.shelf import make_model

HEIGHT, STRIDE, STEPS, FEATURES, HIDDEN = 8, 4, 16, 8, 6
LETTERS = {"a": slice(0, 3), "b": slice(3, 6), "c": slice(5, 8)}  # the rows that are dark


def picture(text: str, *, ink: int = 0, ground: int = 255) -> NDArray[np.uint8]:
    """A line of letters, a gap after each."""
    image = np.full((HEIGHT, STRIDE * (2 * len(text) + 1), 3), ground, np.uint8)
    for place, letter in enumerate(text):
        image[LETTERS[letter], STRIDE * (2 * place + 1) : STRIDE * (2 * place + 2)] = ink
    return image


def png(image: NDArray[np.uint8]) -> bytes:
    """Its file."""
    return cv2.imencode(".png", image)[1].tobytes()


def texts(count: int, seed: int = 0) -> list[str]:
    """Words of up to five letters."""
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(LETTERS), rng.integers(1, 6))) for _ in range(count)]


def line(text: str) -> Line:
    """As the convolutions of this model see it: the mean of each row in each step."""
    shown = picture(text).reshape(HEIGHT, -1, STRIDE, 3).mean((2, 3)).T / 127.5 - 1
    features = np.concatenate([shown, np.zeros((STEPS - len(shown), FEATURES))]).astype(np.float32)
    return Line(convolved=features, skip=np.zeros_like(features), steps=len(shown) + 1, label=tuple(" abc".index(c) for c in text))


def weights(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """A neck that nobody trained."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"norm.bias": (FEATURES,), "back.weight": (FEATURES, 2 * HIDDEN), "back.bias": (FEATURES,)}
    shapes |= {"head.weight": (4, FEATURES), "head.bias": (4,)}
    for layer, width in enumerate((FEATURES, 2 * HIDDEN)):
        for end in (f"l{layer}", f"l{layer}_reverse"):
            shapes |= {f"rnn.weight_ih_{end}": (4 * HIDDEN, width), f"rnn.weight_hh_{end}": (4 * HIDDEN, HIDDEN)}
            shapes[f"rnn.bias_ih_{end}"] = (4 * HIDDEN,)
    found = {name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    return found | {"norm.weight": np.ones(FEATURES, np.float32)}


def trained() -> dict[str, NDArray[np.float32]]:
    """One that reads black letters on white."""
    lines = [line(text) for text in texts(60)]
    plan = Plan(least=200, most=200, rate=3e-2, head_rate=3e-2, pull=0, taught=0, neck=0, chance=4, clip=5)
    return learn(weights(), lines, lines[:1], plan, lambda *_: True)


def graph(neck: dict[str, NDArray[np.float32]]) -> ov.Model:
    """The mean of each row of a step for convolutions, f32 N x 3 x H x W to N x F x 1 x T, and the neck."""
    seen = op.parameter([1, 3, HEIGHT, -1], np.float32)
    none = [0, 0]
    steps = op.avg_pool(op.reduce_mean(seen, op.constant(np.array([1])), True), [1, STRIDE], none, none, [1, STRIDE], False)
    rows = op.transpose(steps, op.constant(np.array([0, 2, 1, 3])))
    zeros = op.multiply(rows, op.constant(np.float32(0)))
    for node, name in ((rows, CONVOLVED), (zeros, SKIP)):
        node.output(0).set_names({name})
    return behind(ov.Model([op.result(rows)], [seen], "rows"), rows.output(0), zeros.output(0), neck)


def make_learner(folder: Path, neck: dict[str, NDArray[np.float32]]) -> Path:
    """Write the model, golden lines and remembered lines with it; returns its folder."""
    make_model(folder, charset="a\nb\nc\n")
    text = yaml.safe_load((folder / FILE_NAME).read_text(encoding="utf8"))
    text["input"] |= {"height": HEIGHT, "width_buckets": [STEPS * STRIDE], "overlap": 32, "padding": 128}
    text["golden"] = [{"file": "golden/ab.png", "text": "ab"}]
    (folder / FILE_NAME).write_text(yaml.safe_dump(text), encoding="utf8")
    xml, content = as_ir(graph(neck), load_manifest(folder).input)
    packed = io.BytesIO()
    words = texts(60, seed=1)
    with zipfile.ZipFile(packed, "w") as file:
        for number, word in enumerate(words):
            file.writestr(f"{number:05d}.png", png(picture(word)))
        file.writestr("labels.tsv", "".join(f"{number:05d}.png\t{word}\n" for number, word in enumerate(words)))
    files = {"fp16/model.xml": xml, "fp16/model.bin": content, "remembered.zip": packed.getvalue(), "golden/ab.png": png(picture("ab"))}
    for name, value in files.items():
        (folder / name).write_bytes(value)
    sums = {name: hashlib.sha256(value).hexdigest() for name, value in files.items()}
    text["files"]["fp16"] |= {"xml_sha256": sums["fp16/model.xml"], "bin_sha256": sums["fp16/model.bin"]}
    text["remembered"] = {"file": "remembered.zip", "sha256": sums["remembered.zip"]}
    (folder / FILE_NAME).write_text(yaml.safe_dump(text), encoding="utf8")
    return folder


def make_examples(folder: Path, words: list[str], **look: int) -> Path:
    """Labelled pictures as a user lays them down."""
    folder.mkdir(parents=True)
    for number, word in enumerate(words):
        (folder / f"{number}.png").write_bytes(png(picture(word, **look)))
    (folder / "labels.tsv").write_text("".join(f"{number}.png\t{word}\n" for number, word in enumerate(words)), encoding="utf8")
    return folder
