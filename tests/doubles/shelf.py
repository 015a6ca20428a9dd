"""Model folders that no runtime would take, but that are complete and say so."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from edged.manifest import FILE_NAME


def make_model(folder: Path, *, charset: str = "a\nb\n \n", classes: int | None = None, weights: bytes = b"weights") -> Path:
    """Write a model called like its folder; returns the folder."""
    contents = {"fp16/model.xml": b"<xml/>", "fp16/model.bin": weights, "charset.txt": charset.encode(), "golden/ab.png": b"png"}
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    digest = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    shape = {"channels": 3, "height": 32, "width_buckets": [64], "overlap": 32, "stride": 4, "padding": 128}
    manifest = {
        "format": 1,
        "name": folder.name,
        "task": "recognise",
        "architecture": "none",
        "input": shape | {"colours": "bgr", "mean": [127.5] * 3, "scale": [127.5] * 3},
        "charset": {"file": "charset.txt", "sha256": digest["charset.txt"], "blank": 0, "classes": classes or charset.count("\n") + 1},
        "files": {
            "fp16": {
                "xml": "fp16/model.xml",
                "xml_sha256": digest["fp16/model.xml"],
                "bin": "fp16/model.bin",
                "bin_sha256": digest["fp16/model.bin"],
            },
        },
        "golden": [{"file": "golden/ab.png", "text": "ab"}],
        "provenance": {"package": "none==1", "file": "model.onnx", "sha256": "0" * 64, "converter": "none"},
        "licence": "Apache-2.0",
        "calibration": None,
    }
    (folder / FILE_NAME).write_text(yaml.safe_dump(manifest), encoding="utf8")
    return folder


def rewrite(folder: Path, path: tuple[str | int, ...], value: object) -> None:
    """Change one key of a manifest."""
    manifest: Any = yaml.safe_load((folder / FILE_NAME).read_text(encoding="utf8"))
    place = manifest
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (folder / FILE_NAME).write_text(yaml.safe_dump(manifest), encoding="utf8")
