"""A detector that takes whatever is dark for text: fast, and sure of itself."""

from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from openvino import opset13 as op

from edged.manifest import DetectorInput, GoldenPicture, Provenance
from edged.shelf.folder import DetectorParts, save_detector
from edged.types import Pixels
from tests.doubles.toy_model import saved

SIZES = ((64, 192), (128, 256), (256, 128))
GOLDEN = (30, 20, 130, 44)  # left, top, right, bottom


def page(*boxes: tuple[int, int, int, int], height: int = 128, width: int = 256) -> Pixels:
    """White, with dark boxes: left, top, right, bottom."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = 0
    return pixels


def png(pixels: Pixels) -> bytes:
    """The bytes of a picture."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def make_detector(shelf: Path, name: str, *, golden: tuple[int, int, int, int] = GOLDEN, channels: int = 1) -> Path:
    """A detector of the shelf; one that does not find its *golden* box, or answers several maps, is no good."""
    parts = DetectorParts(
        name=name,
        architecture="none",
        input=DetectorInput(channels=3, sizes=SIZES, stride=32, padding=255, colours="bgr", mean=(0.0,) * 3, scale=(1.0,) * 3),
        irs={"fp16": _ir(channels)},
        golden=(GoldenPicture(name="page.png", data=png(page(GOLDEN)), boxes=(golden,)),),
        provenance=Provenance(trained_by="nobody", checkpoint_sha256="0" * 64, converter="none"),
        licence="Apache-2.0",
        licence_text=b"",
        card=b"",
    )
    save_detector(parts, shelf / name)
    return shelf / name


def _ir(channels: int) -> tuple[bytes, bytes]:
    pixels = op.parameter([1, -1, -1, 3], np.uint8)
    grey = op.reduce_mean(op.convert(pixels, np.float32), op.constant(np.array([3], np.int64)))
    light = op.sigmoid(op.multiply(op.subtract(grey, op.constant(np.float32(128))), np.float32(0.1)))
    near = op.max_pool(op.unsqueeze(light, op.constant(np.array([1], np.int64))), [1, 1], [1, 1], [7, 7], [7, 7], [15, 15])
    maps = op.subtract(op.constant(np.float32(1)), near.output(0))  # the cores of boxes, as a detector is trained to see them
    return saved(ov.Model([op.concat([maps] * channels, 1)], [pixels], "toy"))
