"""Draw the samples of tests/samples, lines and a photograph, and the golden lines of edged/shelf/golden, always the same.

Needs pillow (not a dependency of edged), numpy and the Debian packages fonts-dejavu-core and fonts-wqy-microhei:

    python3 -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow numpy
    /tmp/pillow/bin/python scripts/render_samples.py
"""

import itertools
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont  # type: ignore[import-not-found,unused-ignore]

ROOT = Path(__file__).resolve().parent.parent
FONTS = Path("/usr/share/fonts/truetype")
SANS, MONO = FONTS / "dejavu/DejaVuSans.ttf", FONTS / "dejavu/DejaVuSansMono.ttf"
BOLD, SERIF = FONTS / "dejavu/DejaVuSans-Bold.ttf", FONTS / "dejavu/DejaVuSerif.ttf"
HANZI = FONTS / "wqy/wqy-microhei.ttc"
BLACK, WHITE, PAPER, INK = (16, 16, 16), (250, 250, 250), (226, 219, 203), (40, 42, 60)

# file, text, font, size, ink, ground, degrees, blur
SAMPLES = [
    ("lot.png", "LOT A17-042", BOLD, 36, BLACK, WHITE, 0, 0),
    ("expiry.jpg", "EXP 2027-03-15", MONO, 34, INK, PAPER, 0, 0.6),
    ("date.png", "15/03/2027 08:42", SANS, 30, BLACK, WHITE, 0, 0),
    ("serial.png", "SN 4K7-00921-B", MONO, 40, BLACK, (200, 206, 210), 0, 0.8),
    ("amount.png", "TOTAL 1,284.50", SANS, 28, BLACK, WHITE, 0, 0),
    ("weight.jpg", "NET WT 500 g", BOLD, 44, (20, 60, 130), WHITE, 0, 0.7),
    ("part.png", "M12xP1.0", SANS, 24, BLACK, WHITE, 0, 0),
    ("marker.png", "X6:19", BOLD, 48, BLACK, (250, 246, 180), 0, 1.0),
    ("word.png", "CAUTION", BOLD, 60, BLACK, (250, 200, 20), 0, 0),
    ("digit.png", "8", BOLD, 30, BLACK, WHITE, 0, 0),
    ("plate.png", "BX 4071 KD", BOLD, 52, BLACK, WHITE, 0, 0.9),
    ("light.png", "READY 24V", BOLD, 38, (235, 240, 235), (20, 40, 30), 0, 0.6),
    ("display.png", "128.7 bar", MONO, 46, (120, 255, 140), (8, 20, 12), 0, 0.8),
    ("tilted.png", "BATCH 77310", SANS, 40, BLACK, WHITE, 4, 0),
    ("small.png", "REF 90112", SANS, 13, BLACK, WHITE, 0, 0),
    ("chinese.png", "生产日期", HANZI, 40, BLACK, WHITE, 0, 0),
    ("sentence.png", "请勿在潮湿的环境中使用本产品", HANZI, 34, BLACK, WHITE, 0, 0),
    ("mixed.jpg", "额定电压220V", HANZI, 38, INK, PAPER, 0, 0.6),
    ("long.png", "20270315 A17 042 77310 90112 4071 128.7 500 1284.50 2027-03-15 08:42", SANS, 30, BLACK, WHITE, 0, 0),
]
PHOTOGRAPH = (
    "photos/label.jpg",
    (("产品合格证", HANZI, 46), ("LOT A17-042", BOLD, 40), ("EXP 2027-03-15", MONO, 36), ("额定电压220V", HANZI, 36)),
)
GOLDEN = {"lot.png": "LOT A17-042", "date.png": "2027-03-15", "chinese.png": "生产日期"}
HEIGHTS = {32: "", 48: "48"}  # of the models, and what the names end with
LEAST = {32: 0, 48: 256}  # pixels wide, so that all golden lines of a height need one shape: a daemon starts after one compilation


Colour = tuple[int, int, int]


def line(
    text: str, font: Path, size: int, ink: Colour = BLACK, ground: Colour = WHITE, *, degrees: float = 0, blur: float = 0
) -> Image.Image:
    """One text line, tightly cut as a detector or a person would cut it."""
    face = ImageFont.truetype(str(font), size)
    left, top, right, bottom = (round(side) for side in face.getbbox(text))
    margin = size // 5
    image = Image.new("RGB", (right - left + 2 * margin, bottom - top + 2 * margin), ground)
    ImageDraw.Draw(image).text((margin - left, margin - top), text, font=face, fill=ink)
    if degrees:
        image = image.rotate(degrees, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    return image.filter(ImageFilter.GaussianBlur(blur)) if blur else image


def grain(image: Image.Image, seed: str) -> Image.Image:
    """Add what a sensor adds."""
    rng = random.Random(seed)
    noise = Image.frombytes("L", image.size, bytes(min(255, max(0, round(rng.gauss(128, 9)))) for _ in range(image.width * image.height)))
    return Image.blend(image, Image.merge("RGB", [noise] * 3), 0.12)


def photograph(lines: tuple[tuple[str, Path, int], ...]) -> Image.Image:
    """A label on a bench, seen at an angle."""
    label = Image.new("RGB", (560, 400), (238, 236, 228))
    for number, (text, font, size) in enumerate(lines):
        label.paste(line(text, font, size, BLACK, (238, 236, 228)), (40, 30 + 88 * number))
    ImageDraw.Draw(label).rectangle((8, 8, 551, 391), outline=INK, width=3)
    bench = Image.new("RGB", (1000, 750), (112, 104, 96))
    corners = (180, 190, 770, 120, 830, 520, 210, 600)  # of the label, from its top left on
    bench.paste(*(layer.transform(bench.size, Image.Transform.PERSPECTIVE, perspective(corners, label.size), Image.Resampling.BICUBIC)
                  for layer in (label, Image.new("L", label.size, 255))))  # fmt: skip
    return grain(bench.filter(ImageFilter.GaussianBlur(0.8)), "label")


def perspective(corners: tuple[int, ...], size: tuple[int, int]) -> list[float]:
    """The eight numbers by which Pillow finds the place in a picture of *size* of each place between the *corners*, clockwise."""
    wide, tall = size
    rows, values = [], []
    for (x, y), (u, v) in zip(zip(corners[::2], corners[1::2], strict=True), ((0, 0), (wide, 0), (wide, tall), (0, tall)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(number) for number in np.linalg.solve(rows, values)]


def main() -> None:
    samples, golden = ROOT / "tests" / "samples", ROOT / "edged" / "shelf" / "golden"
    samples.mkdir(parents=True, exist_ok=True)
    golden.mkdir(parents=True, exist_ok=True)
    for name, text, font, size, ink, ground, degrees, blur in SAMPLES:
        image = line(text, font, size, ink, ground, degrees=degrees, blur=blur)
        image = grain(image, name) if blur else image
        image.save(samples / name, **({"quality": 88} if name.endswith(".jpg") else {"optimize": True}))
    name, lines = PHOTOGRAPH
    (samples / name).parent.mkdir(exist_ok=True)
    photograph(lines).save(samples / name, quality=85)
    labels = "".join(f"{name}\t{text}\n" for name, text, *_ in SAMPLES)
    (samples / "labels.tsv").write_text(labels, encoding="utf8")
    for (name, text), (height, mark) in itertools.product(GOLDEN.items(), HEIGHTS.items()):
        image = line(text, HANZI if name.startswith("chinese") else SANS, 24 * height // 32).convert("L")
        width = round(image.width * height / image.height)
        canvas = Image.new("L", (max(width, LEAST[height]), height), 250)
        canvas.paste(image.resize((width, height), Image.Resampling.BICUBIC))
        canvas.save(golden / name.replace(".", f"{mark}."), optimize=True)


if __name__ == "__main__":
    main()
