"""A model whose every generation shows itself: in its digest, and in each `T` that it reads."""

import hashlib
import shutil
from pathlib import Path

import yaml

from edged.manifest import FILE_NAME
from tests.end_to_end.box import MODELS

NAME = "crnn-zh-en"
SIGN = "T"  # is read as another character by each generation
PLAIN = 0xE000  # first of the private use area


def sign(number: int) -> str:
    """What generation *number* reads where a T is."""
    return chr(PLAIN + number)


def wardrobe(shelf: Path) -> Path:
    """A shelf with a model of its own; returns the model's folder."""
    folder = shelf / NAME
    shutil.copytree(MODELS / NAME, folder)
    dress(folder, 0)
    return folder


def dress(folder: Path, number: int) -> None:
    """Put on another charset, golden lines that agree with it, and an IR of other bytes: complete at every moment."""
    plain = MODELS / NAME
    manifest = yaml.safe_load((plain / FILE_NAME).read_text(encoding="utf8"))
    charset = (plain / "charset.txt").read_bytes().decode("utf8").split("\n")
    charset[charset.index(SIGN)] = sign(number)
    graph = (plain / "fp16/model.xml").read_bytes() + f"<!-- {number} -->\n".encode()
    for name, content in ((f"charset-{number}.txt", "\n".join(charset).encode()), (f"fp16/model-{number}.xml", graph)):
        (folder / name).write_bytes(content)
    manifest["charset"] |= {"file": f"charset-{number}.txt", "sha256": _sha256(folder / f"charset-{number}.txt")}
    manifest["files"] = {"fp16": manifest["files"]["fp16"]}
    manifest["files"]["fp16"] |= {"xml": f"fp16/model-{number}.xml", "xml_sha256": _sha256(folder / f"fp16/model-{number}.xml")}
    for golden in manifest["golden"]:
        golden["text"] = golden["text"].replace(SIGN, sign(number))
    put_on(folder, manifest)
    for old in (*folder.glob("charset-*.txt"), *folder.glob("fp16/model-*.xml")):
        if f"-{number}." not in old.name:
            old.unlink()


def put_on(folder: Path, manifest: object) -> None:
    """Replace the manifest at once."""
    new = folder / f".{FILE_NAME}"
    new.write_text(yaml.safe_dump(manifest), encoding="utf8")
    new.replace(folder / FILE_NAME)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
