"""A contact sheet of a mix with the truth under each sample.

python -m scripts.foundry.sheet --mix zh_en --seed 1 --count 80 OUT.png
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from scripts.foundry.fonts import named
from scripts.foundry.mix import draw
from scripts.foundry.sample import Sample

CELL = (380, 92)
HIGH = 56


def _cell(sample: Sample, index: int) -> Pillow.Image:
    """The picture at its own size where it fits, with its number, kind, size and truth."""
    tall, wide = sample.image.shape[:2]
    scale = min(1.0 if tall >= 24 else 2.0, HIGH / tall, (CELL[0] - 8) / wide)
    shown = cv2.resize(
        sample.image,
        (max(1, int(wide * scale)), max(1, int(tall * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST,
    )
    cell = Pillow.new("RGB", CELL, (238, 238, 238))
    cell.paste(Pillow.fromarray(np.ascontiguousarray(shown[..., ::-1])), (4, 2))
    pen = ImageDraw.Draw(cell)
    font = named("noto-cjk")[0].font(13)
    pen.text((4, HIGH + 2), sample.text[:60] or "(empty)", font=font, fill=(0, 0, 160))
    pen.text((4, HIGH + 20), f"{index} {sample.kind} {wide}x{tall}", font=font.font_variant(size=9), fill=(120, 120, 120))
    return cell


def main() -> None:
    """Draw the sheet and say how fast the samples came."""
    parser = argparse.ArgumentParser(description="a contact sheet of a mix")
    parser.add_argument("--mix", default="zh_en")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    start = time.perf_counter()
    samples = [draw(arguments.mix, arguments.seed, index) for index in range(arguments.count)]
    print(f"{arguments.count} samples, {arguments.count / (time.perf_counter() - start):.0f} a second")
    rows = -(-len(samples) // arguments.columns)
    sheet = Pillow.new("RGB", (CELL[0] * arguments.columns, CELL[1] * rows), (200, 200, 200))
    for index, sample in enumerate(samples):
        sheet.paste(_cell(sample, index), (index % arguments.columns * CELL[0], index // arguments.columns * CELL[1]))
    sheet.save(arguments.out)


if __name__ == "__main__":
    main()
