"""Pictures without text: how many of them a model takes for a text that is `ok`.

usage: python -m scripts.textures [--layout detect] [--model NAME] [--precision fp16] [--models-dir DIR] [--count 1000] [--sheet OUT.png]
                                  [--parts PAGES]

The pictures are drawn by this script alone, not by the renderer that the models were trained with; the same seed gives the same. With
--layout detect they are as large as pages, half of them of several textures, and text is looked for in them. With --parts they are parts
of photographs, away from every text of PAGES' truth (see eval_pages.py); not every text has to stand there, so each part with a sure
line is told with its place, for somebody to look at. Thresholds are the defaults.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edged.commands.evaluate import PLAIN
from edged.commands.pictures import opened
from edged.config import FolderSection, ModelSection
from edged.generation import config_or_defaults
from edged.types import Outcome, Reading
from scripts.eval_pages import lines
from scripts.quality import readings

Rng = np.random.Generator
Picture = NDArray[np.uint8]
"""H x W x 3."""
Field = NDArray[np.float64]
"""H x W, about 0..1."""


def noise(rng: Rng, tall: int, wide: int, grain: float) -> Field:
    """Clouds with features of about *grain* pixels."""
    raw = rng.random((max(2, int(tall / grain) + 2), max(2, int(wide / grain) + 2)))
    return np.clip(cv2.resize(raw, (wide, tall), interpolation=cv2.INTER_CUBIC), 0, 1)


def blank(rng: Rng, tall: int, wide: int) -> Field:
    return np.full((tall, wide), rng.random())


def sensor(rng: Rng, tall: int, wide: int) -> Field:
    return np.clip(rng.normal(rng.uniform(0.2, 0.8), rng.uniform(0.01, 0.35), (tall, wide)), 0, 1)


def clouds(rng: Rng, tall: int, wide: int) -> Field:
    return sum((noise(rng, tall, wide, grain) / (i + 1) for i, grain in enumerate((40, 17, 7, 3))), np.zeros((tall, wide))) / 2.1


def stripes(rng: Rng, tall: int, wide: int) -> Field:
    rows, columns = np.mgrid[:tall, :wide]
    angle, step = rng.uniform(0, np.pi), rng.uniform(3, 40)
    wave = np.sin((rows * np.sin(angle) + columns * np.cos(angle)) / step * 2 * np.pi + 3 * noise(rng, tall, wide, 60))
    return np.asarray(wave > rng.uniform(-0.7, 0.7) if rng.random() < 0.5 else wave / 2 + 0.5, np.float64)


def bricks(rng: Rng, tall: int, wide: int) -> Field:
    rows, columns = np.mgrid[:tall, :wide]
    high, long = rng.uniform(6, 40), rng.uniform(12, 90)
    row = (rows / high).astype(int)
    mortar = (rows % high < rng.uniform(1, 4)) | ((columns + row % 2 * long / 2) % long < rng.uniform(1, 4))
    return np.where(mortar, rng.random(), rng.random()) + 0.1 * rng.normal(size=(tall, wide))


def cells(rng: Rng, tall: int, wide: int) -> Field:
    """Leather, gravel, foam: the nearest of some points."""
    points = rng.random((int(rng.integers(5, 60)), 2)) * (tall, wide)
    rows, columns = np.mgrid[:tall, :wide]
    apart = np.partition(np.hypot(rows[..., None] - points[:, 0], columns[..., None] - points[:, 1]), 1, axis=2)
    return np.asarray(np.clip((apart[..., 1] - apart[..., 0]) / rng.uniform(4, 20), 0, 1))


def brushed(rng: Rng, tall: int, wide: int) -> Field:
    """Metal."""
    return np.asarray(cv2.blur(rng.random((tall, wide)), (int(rng.integers(15, 61)), 1))) * 2 - 0.5 + 0.2 * noise(rng, tall, wide, 50)


def wood(rng: Rng, tall: int, wide: int) -> Field:
    rows, columns = np.mgrid[:tall, :wide]
    rings = np.sqrt(((rows - rng.uniform(-2, 3) * tall) * rng.uniform(1, 8)) ** 2 + columns**2) / rng.uniform(4, 15)
    return np.asarray((np.sin(rings + 4 * noise(rng, tall, wide, 80)) / 2 + 0.5) * 0.5 + 0.25 + 0.1 * rng.normal(size=(tall, wide)))


def weave(rng: Rng, tall: int, wide: int) -> Field:
    rows, columns = np.mgrid[:tall, :wide]
    step = rng.uniform(4, 16)
    threads = np.maximum(np.sin(rows / step * 2 * np.pi), np.sin(columns / step * 2 * np.pi))
    return np.asarray(threads / 2 + 0.4 + 0.08 * rng.normal(size=(tall, wide)))


def spots(rng: Rng, tall: int, wide: int) -> Field:
    """Drops, holes, rivets of one size."""
    field, radius = np.full((tall, wide), rng.random()), int(rng.integers(2, max(3, tall // 3)))
    for _ in range(int(rng.integers(1, 12))):
        cv2.circle(field, (int(rng.integers(wide)), int(rng.integers(tall))), radius, float(rng.random()), -1, cv2.LINE_AA)
    return field


def glare(rng: Rng, tall: int, wide: int) -> Field:
    rows, columns = np.mgrid[:tall, :wide]
    away = np.hypot((rows - rng.random() * tall) / tall, (columns - rng.random() * wide) / wide)
    return np.asarray(np.exp(-((away / rng.uniform(0.1, 0.8)) ** 2)) * rng.uniform(0.3, 1) + rng.uniform(0, 0.4))


def edges(rng: Rng, tall: int, wide: int) -> Field:
    """Seams, cables, borders of things: long lines through the whole picture."""
    field = np.full((tall, wide), rng.random())
    for _ in range(int(rng.integers(1, 5))):
        ends = [(int(rng.uniform(-1, 2) * wide), int(rng.uniform(-1, 2) * tall)) for _ in range(2)]
        cv2.line(field, ends[0], ends[1], float(rng.random()), int(rng.integers(1, max(2, tall // 2))), cv2.LINE_AA)
    return field


KINDS: tuple[Callable[[Rng, int, int], Field], ...] = (
    blank, sensor, clouds, stripes, bricks, cells, brushed, wood, weave, spots, glare, edges
)  # fmt: skip


def picture(seed: int) -> tuple[str, Picture]:
    """Kind and picture, of a line; also blurred, pale, coloured, compressed."""
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    tall = int(np.exp(rng.uniform(np.log(16), np.log(160))))
    wide = int(tall * np.exp(rng.uniform(np.log(1), np.log(10))))
    return kind.__name__, photographed(rng, kind(rng, tall, wide))


def page(seed: int) -> tuple[str, Picture]:
    """Kinds and picture, of a page; every second has several textures side by side."""
    rng = np.random.default_rng((seed, 1))
    kinds = [KINDS[seed % len(KINDS)]]
    tall = int(np.exp(rng.uniform(np.log(64), np.log(500))))
    wide = int(np.clip(tall * np.exp(rng.uniform(np.log(0.5), np.log(2))), 64, 600))
    field = kinds[0](rng, tall, wide)
    for _ in range(int(rng.integers(1, 5)) if seed // len(KINDS) % 2 else 0):
        top, left = int(rng.integers(tall - 16)), int(rng.integers(wide - 16))
        high, long = int(rng.integers(16, tall - top + 1)), int(rng.integers(16, wide - left + 1))
        kinds.append(KINDS[int(rng.integers(len(KINDS)))])
        field[top : top + high, left : left + long] = kinds[-1](rng, high, long)
    return "+".join(kind.__name__ for kind in kinds), photographed(rng, field)


def photographed(rng: Rng, field: Field) -> Picture:
    """Blurred, pale, coloured, compressed."""
    field = np.asarray(cv2.GaussianBlur(np.clip(field, 0, 1), (0, 0), rng.uniform(0.3, 2)))
    dark, bright = np.sort(rng.random((2, 3)), axis=0) * 255
    coloured = dark + field[..., None] * (bright - dark) + rng.normal(0, rng.uniform(0, 6), (*field.shape, 3))
    encoded = cv2.imencode(".jpg", np.clip(coloured, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def parts(pages: Path, count: int) -> Iterator[tuple[str, Picture]]:
    """Name and pixels of parts of photographs that touch no text of the truth, by turns of each photograph."""
    rng = np.random.default_rng(1)
    listed = [(path.parent, one) for path in sorted(pages.glob("*/pages.json")) for one in json.loads(path.read_text(encoding="utf8"))]
    found, tries = 0, 0
    while found < count and tries < 20 * count:
        folder, one = listed[tries * 7919 % len(listed)]  # a prime: sources take turns
        tries += 1
        image = np.asarray(cv2.imread(str(folder / one["image"])), np.uint8)
        part = free(rng, image.shape[:2], [np.array(line["box"]) for line in one["lines"]])
        if part is not None:
            found += 1
            left, top, right, bottom = part
            yield f"{folder.name}/{one['image']} {left},{top},{right},{bottom}", image[top:bottom, left:right]


def free(rng: Rng, size: tuple[int, ...], boxes: list[NDArray[np.float64]]) -> tuple[int, int, int, int] | None:
    """A part, left, top, right, bottom, that keeps clear of all boxes by half their height; None where none was hit upon."""
    tall, wide = size
    for _ in range(60):
        high, long = (int(rng.uniform(0.1, 0.7) * side) for side in size)
        left, top = int(rng.integers(wide - long)), int(rng.integers(tall - high))
        part = left, top, left + long, top + high
        if min(high, long) >= 32 and not any(touches(part, box) for box in boxes):
            return part
    return None


def touches(part: tuple[int, int, int, int], box: NDArray[np.float64]) -> bool:
    """Whether a box, and half its height around it, reaches into a part."""
    (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
    around = (bottom - top) / 2
    return bool(left - around < part[2] and right + around > part[0] and top - around < part[3] and bottom + around > part[1])


def sheet(path: Path, pictures: list[Picture]) -> None:
    """Some of them side by side, to look at."""
    grid = np.full(((len(pictures) + 5) // 6 * 210, 6 * 300, 3), 255, np.uint8)
    for i, drawn in enumerate(pictures):
        scale = min(200 / drawn.shape[0], 290 / drawn.shape[1])
        small = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        y, x = i // 6 * 210, i % 6 * 300
        grid[y : y + small.shape[0], x : x + small.shape[1]] = small
    cv2.imwrite(str(path), grid)


def has_sure_line(reading: Reading, unsure_below: float) -> bool:
    """Whether any line by itself would do."""
    return any(line.transcript.text.strip() and not line.doubts and line.transcript.confidence >= unsure_below for line in reading.lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layout", choices=("whole", "detect"), default="whole")
    parser.add_argument("--model", help="default: that of the configuration")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--models-dir", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first that is drawn")
    parser.add_argument("--sheet", type=Path, help="those with a sure line, else some")
    parser.add_argument("--out", type=Path, help="JSON: lines by picture")
    parser.add_argument("--parts", type=Path, help="of the photographs in this folder; text is looked for")
    args = parser.parse_args()
    loaded = config_or_defaults(None)
    wanted = ModelSection(name=args.model or loaded.config.model.name, precision=args.precision)
    looks = args.layout == "detect" or args.parts is not None
    source = FolderSection(path=Path("/"), layout="detect", empty="ok") if looks else PLAIN  # never opened
    drawn = (
        parts(args.parts, args.count)
        if args.parts
        else ((page if looks else picture)(seed) for seed in range(args.first, args.first + args.count))
    )
    names: list[str] = []
    shown: list[Picture] = []

    def pictures() -> Iterator[Picture]:
        for name, one in drawn:
            names.append(f"{name} {args.first + len(names)}" if args.parts is None else name)
            shown.append(one)
            yield one

    with opened(loaded, source, wanted, args.models_dir) as chain:
        read = list(readings(chain, pictures()))
        model = chain.reader.model
    if args.out:
        args.out.write_text(
            json.dumps({name: lines(one) for name, one in zip(names, read, strict=True)}, ensure_ascii=False), encoding="utf8"
        )
    sure = [number for number, reading in enumerate(read) if has_sure_line(reading, source.unsure_below)]
    for number in sure:
        told = " / ".join(f"{line.transcript.text!r} {line.transcript.confidence:.3f}" for line in read[number].lines)
        print(f"  {names[number]} ({read[number].outcome.value}): {told}")
    ok = sum(reading.outcome is Outcome.OK and bool(reading.text) for reading in read)
    by_kind = (
        ", ".join(f"{kind} {count}" for kind, count in Counter(names[number].split(" ")[0] for number in sure).most_common()) or "none"
    )
    print(f"{model.name} {model.precision}: of {len(read)} without text {ok} are ok with a text ({ok / len(read):.2%}),")
    print(f"{len(sure)} have a line that is sure ({len(sure) / len(read):.2%}), {sum(bool(one.text) for one in read)} say something")
    print(f"sure: {by_kind}")
    if args.sheet:
        sheet(args.sheet, [shown[number] for number in sure] or shown[:120])


if __name__ == "__main__":
    main()
