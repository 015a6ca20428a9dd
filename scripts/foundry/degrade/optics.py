"""What lens, sensor and coder do. Blurs are measured against the height of the picture, so that a strength means the same at any size."""

import cv2
import numpy as np

from scripts.foundry.pixels import u8
from scripts.foundry.sample import Image


def defocus(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Out of focus: a soft disc or a Gaussian of up to a fifteenth of the height."""
    sigma = 0.3 + 0.055 * image.shape[0] * strength * float(rng.uniform(0.6, 1))
    if rng.random() < 0.3:
        side = 2 * round(1.6 * sigma) + 1
        disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.float32)
        return np.asarray(cv2.filter2D(image, -1, disc / disc.sum()), np.uint8)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def motion_blur(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """A straight smear of up to a sixth of the height, in any direction."""
    length = 1 + 0.16 * image.shape[0] * strength * float(rng.uniform(0.5, 1))
    side = 2 * int(np.ceil(length / 2)) + 1
    angle = float(rng.uniform(0, np.pi))
    half = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    kernel = np.zeros((side, side), np.float32)
    for step in np.linspace(-1, 1, 2 * side):
        x, y = side // 2 + half * step
        kernel[round(float(y)), round(float(x))] += 1
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def jpeg(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """JPEG at a quality of 90 down to 15."""
    quality = int(90 - 75 * strength * rng.uniform(0.5, 1))
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), np.uint8).reshape(image.shape)


def resample(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Down to a height of 24 to 10 pixels and back, by any of the usual filters."""
    height, width = image.shape[:2]
    small = max(8, int(24 - 12 * strength * rng.uniform(0.5, 1)))
    if small >= height:
        return image
    down = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(3))]
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST, cv2.INTER_LINEAR)[int(rng.integers(4))]
    tiny = cv2.resize(image, (max(1, round(width * small / height)), small), interpolation=down)
    return np.asarray(cv2.resize(tiny, (width, height), interpolation=up), np.uint8)


def noise(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Sensor noise: grain of one grey or of three colours, sometimes coarse."""
    deviation = 2 + 22 * strength * float(rng.uniform(0.3, 1))
    height, width = image.shape[:2]
    coarse = 2 if rng.random() < 0.3 and min(height, width) > 8 else 1
    channels = image.shape[2] if image.ndim == 3 and rng.random() < 0.5 else 1
    grain = rng.standard_normal((-(-height // coarse), -(-width // coarse), channels), np.float32) * deviation
    if coarse > 1:
        grown = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
        grain = np.asarray(grown, np.float32).reshape(height, width, channels)
    return u8(image + (grain if image.ndim == 3 else grain[..., 0]))


def sharpen(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The halos of a camera that sharpens too much."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.8 + 0.02 * image.shape[0])
    amount = (0.4 + 1.8 * strength) * float(rng.uniform(0.6, 1))
    return np.asarray(cv2.addWeighted(image, 1 + amount, soft, -amount, 0), np.uint8)


def moire(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """Bands where the sensor's grid meets that of a screen."""
    height, width = image.shape[:2]
    angle, period = float(rng.uniform(0, np.pi)), float(rng.uniform(2.2, 7))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period) + 0.6 * np.sin(y * 0.07 + x * 0.03))
    swing = 22 * strength
    if image.ndim == 3:
        tint = rng.uniform(0.4, 1, 3).astype(np.float32)
        return u8(image + swing * wave[..., None] * tint)
    return u8(image + swing * wave)


def subpixel(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The colour fringes of subpixel text: red and blue a third of a pixel or more aside."""
    if image.ndim == 2:
        return image
    shift = float(rng.choice([-1, 1])) * (0.33 + 0.5 * strength)
    moved = image.copy()
    for channel, way in ((0, shift), (2, -shift)):
        matrix = np.array([[1, 0, way], [0, 1, 0]], np.float64)
        moved[..., channel] = cv2.warpAffine(image[..., channel], matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return moved


def halftone(image: Image, rng: np.random.Generator, strength: float) -> Image:
    """The text seen through a coarse dot screen. Held out: no mix draws it."""
    height, width = image.shape[:2]
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    period = max(2.5, height * (0.05 + 0.04 * strength))
    angle = float(rng.uniform(0.2, 1.3))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x * np.cos(angle) + y * np.sin(angle)), (y * np.cos(angle) - x * np.sin(angle))
    screen = 127.5 + 63 * (np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period))
    dots = u8((grey.astype(np.float32) - screen) * 4 + 127)
    return dots if image.ndim == 2 else np.asarray(cv2.cvtColor(dots, cv2.COLOR_GRAY2BGR), np.uint8)
