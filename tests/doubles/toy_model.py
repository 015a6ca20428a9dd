"""A model that reads one word, and whether the picture stands upside down, from where the picture is dark: fast, and sure of itself."""

import tempfile
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from openvino import opset13 as op

from edged.manifest import GoldenLine, InputSpec, Provenance
from edged.shelf.folder import Parts, save

TURNED = "↻"
_SPEC = InputSpec(
    channels=3, height=32, width_buckets=(64,), overlap=32, stride=4, padding=128, colours="bgr", mean=(0.0,) * 3, scale=(1.0,) * 3
)
_LETTERS = "ABC"
SHADES = "ABCDEFGHIJ"


def picture(*, turned: bool = False) -> bytes:
    """A PNG that is dark above, and below where it is *turned*."""
    pixels = np.full((32, 48, 3), 255, np.uint8)
    (pixels[16:] if turned else pixels[:16])[:] = 0
    return cv2.imencode(".png", pixels)[1].tobytes()


def shade(letter: str) -> bytes:
    """A PNG that is the darker, the later *letter* stands in `SHADES`."""
    pixels = np.full((32, 64, 3), 255, np.uint8)
    pixels[:, : 4 * (SHADES.index(letter) + 2)] = 0
    return cv2.imencode(".png", pixels)[1].tobytes()


def make_toy(shelf: Path, name: str, letter: str) -> Path:
    """A model of the shelf that reads *letter* in what is dark above, and that the line is turned in what is dark below."""
    golden = (
        GoldenLine(name="upright.png", data=picture(), text=letter),
        GoldenLine(name="turned.png", data=picture(turned=True), text=TURNED),
    )
    return _saved(shelf / name, f"{_LETTERS}{TURNED}", _ir(_LETTERS.index(letter) + 1), golden)


def make_shades(shelf: Path, name: str) -> Path:
    """A model of the shelf that reads in each `shade` its letter, so that it shows whose picture was read."""
    golden = tuple(GoldenLine(name=f"{letter}.png", data=shade(letter), text=letter) for letter in SHADES)
    return _saved(shelf / name, SHADES, _ir_of_shades(), golden)


def _saved(folder: Path, characters: str, ir: tuple[bytes, bytes], golden: tuple[GoldenLine, ...]) -> Path:
    parts = Parts(
        name=folder.name,
        architecture="none",
        input=_SPEC,
        charset="".join(f"{character}\n" for character in characters).encode(),
        turned=TURNED if TURNED in characters else None,
        irs={"fp16": ir},
        golden=golden,
        provenance=Provenance(trained_by="nobody", checkpoint_sha256="0" * 64, converter="none"),
        licence="Apache-2.0",
        licence_text=b"",
        card=b"",
    )
    save(parts, folder)
    return folder


def _ir(index: int) -> tuple[bytes, bytes]:
    said = np.full((1, 1, len(_LETTERS) + 1), 0.01, np.float32)
    said[..., index] = 0.97
    pixels = op.parameter([1, 32, -1, 3], np.uint8)
    values = op.convert(pixels, np.float32)
    above, below = (op.reduce_mean(part, _ints(1, 2, 3)) for part in op.split(values, op.constant(np.int64(1)), 2).outputs())
    turned = op.sigmoid(op.multiply(op.subtract(above, below), np.float32(0.05)))
    columns = op.avg_pool(op.transpose(values, _ints(0, 3, 1, 2)), [32, 4], [0, 0], [0, 0], [32, 4], True)
    nothing = op.multiply(op.unsqueeze(op.reduce_mean(columns, _ints(1, 2)), _ints(2)), np.float32(0))  # one a step
    upright = op.add(nothing, op.multiply(op.constant(said), op.subtract(np.float32(1), turned)))
    return saved(ov.Model([op.concat([upright, op.add(nothing, turned)], 2)], [pixels], "toy"))


def _ir_of_shades() -> tuple[bytes, bytes]:
    places = np.array([[[-99, *range(2, len(SHADES) + 2)]]], np.float32)  # how many columns of 4 pixels are dark; never the blank
    pixels = op.parameter([1, 32, -1, 3], np.uint8)
    values = op.convert(pixels, np.float32)
    columns = op.avg_pool(op.transpose(values, _ints(0, 3, 1, 2)), [32, 4], [0, 0], [0, 0], [32, 4], True)
    steps = op.unsqueeze(op.reduce_mean(columns, _ints(1, 2)), _ints(2))
    dark = op.multiply(op.subtract(np.float32(255), op.reduce_mean(steps, _ints(1), True)), np.float32(16 / 255))
    off = op.subtract(op.add(dark, op.multiply(steps, np.float32(0))), op.constant(places))
    return saved(ov.Model([op.softmax(op.multiply(op.multiply(off, off), np.float32(-20)), 2)], [pixels], "shades"))


def saved(graph: ov.Model) -> tuple[bytes, bytes]:
    """Its `xml` and `bin`."""
    with tempfile.TemporaryDirectory() as place:
        ov.save_model(graph, Path(place, "toy.xml"))
        return Path(place, "toy.xml").read_bytes(), Path(place, "toy.bin").read_bytes()


def _ints(*values: int) -> ov.Node:
    return op.constant(np.array(values, np.int64))
