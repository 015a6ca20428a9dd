"""The picture that all variants show, and the EXIF block that some carry."""

import struct

import cv2
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 61, 37  # odd, and different, so that every padding and every turn shows


def scene(width: int = WIDTH, height: int = HEIGHT) -> Samples:
    """A smooth BGR picture without any symmetry; JPEG keeps it within a few levels."""
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    blue = 40 + 180 * x + 0 * y
    green = 200 - 150 * y + 0 * x
    red = 60 + 90 * x * y + 60 * (1 - x)
    return np.stack([blue, green, red], axis=-1).round().astype(np.uint8)


def grey_scene(width: int = WIDTH, height: int = HEIGHT) -> Samples:
    """The grey companion of `scene`."""
    return np.ascontiguousarray(scene(width, height)[:, :, 2])


def as_bgr(grey: Samples) -> Samples:
    """Grey as three equal channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)


def stored_for(orientation: int, upright: Samples) -> Samples:
    """What a camera stores so that EXIF *orientation* brings it back to *upright*."""
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)
    return np.ascontiguousarray(turned)


def exif(orientation: int, *, order: str = "<", thumbnail: bytes = b"") -> bytes:
    """A TIFF block as EXIF carries it, with an orientation and perhaps a JPEG thumbnail."""
    mark = b"II" if order == "<" else b"MM"
    second = 8 + 2 + 12 + 4 if thumbnail else 0
    first = struct.pack(order + "HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, second)
    block = mark + struct.pack(order + "HI", 42, 8) + first
    if thumbnail:
        at = second + 2 + 24 + 4
        block += struct.pack(order + "H", 2)
        block += struct.pack(order + "HHII", 0x0201, 4, 1, at)
        block += struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail))
        block += struct.pack(order + "I", 0) + thumbnail
    return block


def encode(extension: str, image: Samples, *parameters: int) -> bytes:
    """cv2's own encoder, as bytes."""
    ok, data = cv2.imencode(extension, image, list(parameters))
    assert ok
    return data.tobytes()
