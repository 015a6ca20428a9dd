"""Other recognisers beside ours: the same crops, cores and machine, in turns; accuracy, speed and memory of each.

usage: python -m scripts.compare_peers TREE --out FOLDER [--lines N] [--threads N] [--rounds N] [--models NAME[:PRECISION] …] [--peers …]

TREE is a folder of labelled lines as `edged models eval` takes it. FOLDER gets peers.md, peers.json and peers.svg. The peers'
packages (the extra `peers` of pyproject.toml) are installed into an environment of their own below ~/.cache/edged; Tesseract is
Debian's (apt-get install tesseract-ocr tesseract-ocr-chi-sim). Whoever cannot be opened is told, and the others go on.
"""

import argparse
import hashlib
import json
import os
import platform
import random
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from edged.bench.figures import cpu
from edged.exam.labelled import Labelled, labelled
from edged.exam.rules import load_rules
from edged.shelf.listing import list_models
from scripts.peers.chart import scatter
from scripts.peers.table import as_data, markdown, row_of
from scripts.peers.turns import ROOT, Asked, measure

PEERS = {"rapid": "RapidOCR, PP-OCRv6 small", "tesseract": "Tesseract 5", "easy": "EasyOCR english_g2"}
RULES = ROOT / "scripts" / "labelled.rules.yaml"
SHARED_PACKAGES = ("numpy", "opencv-python-headless", "openvino")  # the peers get what edged has


def peers_python() -> str:
    """The environment of the peers, made where it is not there yet."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    packages = project["optional-dependencies"]["peers"] + [p for p in project["dependencies"] if p.startswith(SHARED_PACKAGES)]
    name = hashlib.sha256("\n".join((*packages, platform.python_version())).encode()).hexdigest()[:12]
    place = Path.home() / ".cache" / "edged" / f"peers-{name}"
    python = place / "bin" / "python"
    if not (place / "whole").exists():
        print(f"installing the peers into {place}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)
        (place / "whole").touch()
    return str(python)


def ours(models_dir: Path, wanted: Sequence[str] | None) -> Iterator[Asked]:
    """The models named, else all that can recognise, in each precision that they have."""
    for entry in list_models([models_dir]):
        if entry.manifest is None or entry.manifest.task != "recognise":
            continue
        for precision in entry.manifest.files:
            name = entry.manifest.name
            if wanted is None or name in wanted or f"{name}:{precision}" in wanted:
                options = {"model": name, "precision": precision, "models_dir": str(models_dir.resolve())}
                yield Asked(name=f"{name} {precision.upper()}", kind="ours", python=sys.executable, ours=True, options=options)


def theirs(kinds: Sequence[str]) -> Iterator[Asked]:
    for kind in kinds:
        yield Asked(name=PEERS[kind], kind=kind, python=sys.executable if kind == "tesseract" else peers_python())
        if kind == "rapid":  # most boxes have no bf16
            yield Asked(name=f"{PEERS[kind]}, f32", kind=kind, python=peers_python(), options={"arithmetic": "f32"})


def sample(lines: list[Labelled], count: int | None) -> list[Labelled]:
    """A random share of the lines that count, the same for the same count."""
    return lines if count is None or count >= len(lines) else random.Random(0).sample(lines, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=None, help="a random sample of so many (default: all)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="cores of each (default: all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", nargs="*", metavar="NAME[:PRECISION]", help="of the shelf (default: all)")
    parser.add_argument("--models-dir", type=Path, default=ROOT / "models")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--rules", type=Path, default=RULES)
    arguments = parser.parse_args()
    rules = load_rules(arguments.rules, arguments.tree)
    lines = sample([line for line in labelled(arguments.tree) if line.source not in rules.apart], arguments.lines)
    peers = [*ours(arguments.models_dir, arguments.models), *theirs(arguments.peers)]
    measured = measure(peers, [line.path for line in lines], arguments.threads, arguments.rounds)
    rows = [row_of(one, lines, rules) for one in measured]
    sources = len({line.source for line in lines})
    cores = f"{arguments.threads} cores of {cpu(platform.machine())}"
    note = f"{len(lines)} lines of {sources} sources, {cores}, {arguments.rounds} rounds in turns"
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = "\n".join(markdown(rows, note))
    (arguments.out / "peers.md").write_text(f"{text}\n", encoding="utf8")
    (arguments.out / "peers.json").write_text(json.dumps(as_data(rows, note), indent=1, ensure_ascii=False), encoding="utf8")
    (arguments.out / "peers.svg").write_text(scatter("Lines read right, against lines a second", note, rows), encoding="utf8")
    print(text)


if __name__ == "__main__":
    main()
