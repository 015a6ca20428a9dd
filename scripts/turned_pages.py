"""Whole pictures turned by quarters and tilted, beside the same ones upright: what turning costs.

usage: python -m scripts.turned_pages PAGES [--pictures 75] [--sources NAME …] [--turns NAME …] [--out FILE] [--seed 1] [--offset 0]

PAGES as eval_pages.py wants it, with score_pages.py beside it: that scores. Of each source so many pictures are turned in memory, one
after the other by 90, 180 and 270 degrees and by a random angle within 15; the corners beyond a tilted picture have the colour of its
border. The boxes that are found are turned back, so that they are compared with those of the truth. --out keeps what was read, upright
and turned.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edged.commands.pictures import Chain, opened
from edged.config import FolderSection
from edged.generation import config_or_defaults
from scripts.eval_pages import ROOT, lines
from scripts.quality import readings

Picture = NDArray[np.uint8]  # H x W x 3
Read = dict[str, list[dict[str, object]]]  # lines by source/image

TURNS = ("90", "180", "270", "tilted")
_MOST = 15.0  # degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One picture, turned."""

    source: str
    page: dict[str, object]  # of pages.json
    turn: str  # of TURNS, or upright
    degrees: float  # clockwise

    @property
    def key(self) -> str:
        return f"{self.source}/{self.name}"

    @property
    def name(self) -> str:
        return f"{self.page['image']}@{self.turn}"


def chosen(pages: Path, sources: list[str], count: int, turns: list[str], *, seed: int, offset: int) -> Iterator[Turn]:
    """Each picture at most once at each turn, as long as there are enough."""
    rng = np.random.default_rng(seed)
    for source in sources:
        listed = json.loads((pages / source / "pages.json").read_text(encoding="utf8"))
        for k in range(count):
            turn = TURNS[(k + k // len(listed) + offset) % len(TURNS)]
            degrees = float(rng.uniform(-_MOST, _MOST)) if turn == "tilted" else float(turn)
            if turn in turns:
                yield Turn(source=source, page=listed[k % len(listed)], turn=turn, degrees=degrees)


def turned(picture: Picture, degrees: float) -> tuple[Picture, NDArray[np.float64]]:
    """The picture, clockwise, as large as it needs to be; and the matrix (2 x 3) that takes its points there."""
    tall, wide = picture.shape[:2]
    angle = np.radians(degrees)
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    corners = np.array(((0, 0), (wide, 0), (wide, tall), (0, tall))) @ turn.T
    matrix = np.hstack((turn, -corners.min(axis=0)[:, None]))
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(picture, -round(degrees / 90))), matrix
    size = np.ceil(np.ptp(corners, axis=0)).astype(int)
    border = np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))
    centred = matrix.copy()
    centred[:, 2] += turn @ (0.5, 0.5) - 0.5  # OpenCV counts from the middle of a pixel
    colour = tuple(float(value) for value in np.median(border, axis=0))
    return np.asarray(cv2.warpAffine(picture, centred, (int(size[0]), int(size[1])), borderValue=colour), np.uint8), matrix


def back(read: list[dict[str, object]], matrix: NDArray[np.float64]) -> list[dict[str, object]]:
    """Boxes in pixels of the upright picture."""
    turn, shift = matrix[:, :2], matrix[:, 2]
    return [line | {"box": ((np.array(line["box"]) - shift) @ turn).tolist()} for line in read]


def read_all(chain: Chain, pages: Path, wanted: list[Turn]) -> Read:
    """Turn and read them, one after the other."""
    matrices: list[NDArray[np.float64]] = []

    def pictures() -> Iterator[Picture]:
        for one in wanted:
            picture, matrix = turned(np.asarray(cv2.imread(str(pages / one.source / str(one.page["image"]))), np.uint8), one.degrees)
            matrices.append(matrix)
            yield picture

    read: Read = {}
    for number, (one, reading) in enumerate(zip(wanted, readings(chain, pictures()), strict=True)):
        read[one.key] = back(lines(reading), matrices[number])
        if number % 50 == 0:
            print(f"{number} of {len(wanted)}", file=sys.stderr, flush=True)
    return read


def score(script: Path, wanted: list[Turn], read: Read) -> str:
    """What score_pages.py says of these pictures."""
    with tempfile.TemporaryDirectory() as folder:
        for source in {one.source for one in wanted}:
            Path(folder, source).mkdir()
            truth = [one.page | {"image": one.name} for one in wanted if one.source == source]
            Path(folder, source, "pages.json").write_text(json.dumps(truth), encoding="utf8")
        predictions = Path(folder, "read.json")
        predictions.write_text(json.dumps(read), encoding="utf8")
        command = [sys.executable, str(script), str(predictions), "--root", folder]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--pictures", type=int, default=75, help="of each source")
    parser.add_argument("--sources", nargs="*", help="some of them (default: all)")
    parser.add_argument("--turns", nargs="*", default=list(TURNS), choices=TURNS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0, help="of the turns, 1 to 3: each picture gets another one")
    parser.add_argument("--models-dir", type=Path, default=ROOT / "models")
    args = parser.parse_args()
    names = args.sources or sorted(path.parent.name for path in args.pages.glob("*/pages.json"))
    wanted = list(chosen(args.pages, names, args.pictures, args.turns, seed=args.seed, offset=args.offset))
    straight = {(one.source, one.page["image"]): Turn(source=one.source, page=one.page, turn="upright", degrees=0) for one in wanted}
    loaded = config_or_defaults(None)
    source = FolderSection(path=Path("/"), layout="detect", empty="ok")  # never opened
    with opened(loaded, source, loaded.config.model, args.models_dir) as chain:
        upright = read_all(chain, args.pages, list(straight.values()))
        read = read_all(chain, args.pages, wanted)
    same = {one.key: upright[straight[one.source, one.page["image"]].key] for one in wanted}
    if args.out:
        args.out.write_text(json.dumps({"upright": same, "turned": read}, ensure_ascii=False), encoding="utf8")
    for title, some in (("all", wanted), *((turn, [one for one in wanted if one.turn == turn]) for turn in args.turns)):
        for way, what in (("upright", same), ("turned", read)):
            print(f"{title}, {way}: {len(some)} pictures\n{score(args.pages.parent / 'score_pages.py', some, what)}", flush=True)


if __name__ == "__main__":
    main()
