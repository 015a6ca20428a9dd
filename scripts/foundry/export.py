"""From a checkpoint to what the shelf carries: weights, charset and card, the same bytes for the same checkpoint.

usage: python -m scripts.foundry.export RUN/best.pt --name crnn-zh-en [--figures FILE]

`FILE` is what `card.py` describes. Afterwards, in the environment of edged: `python -m scripts.foundry.pin crnn-zh-en`.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from scripts.foundry.card import Origin, card, read_figures
from scripts.foundry.confusions import svg
from scripts.foundry.paths import HERE, WEIGHTS


def arrays_of(checkpoint: dict[str, Any]) -> dict[str, NDArray[np.float16]]:
    """The weights of a student as f16, in the order of their names.

    Raises:
        ValueError: One of them is no number that f16 has.
    """
    arrays = {}
    for name, tensor in sorted(checkpoint["weights"].items()):
        arrays[name] = tensor.cpu().numpy().astype(np.float16)
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name}: has values beyond f16: the training went astray, take another checkpoint")
    return arrays


def export(checkpoint: Path, name: str, charset: Path, folder: Path, figures: Path | None) -> list[Path]:
    """Write `<name>.npz`, `.txt`, `.md`, and with figures `.svg` into *folder*.

    Raises:
        ValueError: The checkpoint and the charset do not belong together.
    """
    state = torch.load(checkpoint, weights_only=False, map_location="cpu")
    arrays, characters = arrays_of(state["student"]), charset.read_bytes()
    classes = characters.count(b"\n") + 1
    if len(arrays["head.bias"]) != classes:
        raise ValueError(f"{checkpoint} has {len(arrays['head.bias'])} classes, {charset} with the blank {classes}: take its own charset")
    origin = Origin(
        steps=state["step"],
        checkpoint_sha256=hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
        weights=sum(a.size for a in arrays.values()),
        classes=classes,
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}{ending}" for ending in (".npz", ".txt", ".md")]
    with paths[0].open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy dates each entry 1980-01-01 and stores it as it is
    paths[1].write_bytes(characters)
    found = read_figures(figures)
    paths[2].write_text(card(name, origin, found), encoding="utf-8")
    if "confusions" in found:
        paths.append(folder / f"{name}.svg")
        paths[3].write_text(svg(found["confusions"], f"{name}: what it takes for what"), encoding="utf-8")
    return paths


def main() -> None:
    """Parse and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--charset", type=Path, default=HERE / "charset.txt")
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    for path in export(args.checkpoint, args.name, args.charset, args.out, args.figures):
        print(f"{path}: {path.stat().st_size} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
