"""The new model's folder: whole or not there, and nothing of the old one is touched."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import yaml

from edged.errors import ModelError, ModelUnavailable, UsageError
from edged.lib.files import atomic_write, fsync_dir, fsync_names, rename_noreplace
from edged.manifest import FILE_NAME, ModelManifest, Remembered, Weights
from edged.tuning.examples import Example, packed, unpacked
from edged.tuning.session import Learnt

_TAKEN_ALONG: Final = 300  # examples that the new model remembers
_LARGEST: Final = 256 * 1024  # bytes of such an example
_REACH: Final = "use sudo, or be the user of edged"
_REMEMBERED: Final = "remembered.zip"


def remembered_of(old: Path, manifest: ModelManifest) -> bytes:
    """The lines that the model takes along.

    Raises:
        ModelError: It has none, or they were changed; ModelUnavailable where they cannot be read.
    """
    if manifest.remembered is None:
        message = f"{old}: the model takes no remembered lines along, and would forget what it knows while it learns"
        raise ModelError(message, hint="tune a model that edged trained, such as crnn-zh-en; `edged models list` shows what there is")
    path = old / manifest.remembered.file
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ModelUnavailable(message, hint="build the model again: edged models build") from error
    if _sha256(content) != manifest.remembered.sha256:
        message = f"{path}: SHA-256 is {_sha256(content)}, the manifest says {manifest.remembered.sha256}"
        raise ModelError(message, hint="the file was changed or is incomplete: build or copy the model again")
    return content


def check_place(shelf: Path) -> None:
    """Refuse before anything was learnt.

    Raises:
        ModelUnavailable: Nobody like us may write there.
    """
    there = next(place for place in (shelf, *shelf.absolute().parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        message = f"{there}: may not be written to, and the new model would come to {shelf}"
        raise ModelUnavailable(message, hint=_REACH)


def contents_of(old: Path, manifest: ModelManifest, learnt: Sequence[Learnt], examples: Sequence[Example], name: str) -> dict[str, bytes]:
    """All files of the new model but its card."""
    kept = [manifest.charset.file, *(golden.file for golden in manifest.golden), "LICENSE"]
    contents = {file: (old / file).read_bytes() for file in kept if (old / file).is_file()}
    files = {}
    for one in learnt:
        xml, content = f"{one.precision}/model.xml", f"{one.precision}/model.bin"
        contents |= {xml: one.xml, content: one.bin}
        files[one.precision] = Weights(xml=xml, xml_sha256=_sha256(one.xml), bin=content, bin_sha256=_sha256(one.bin))
    contents[_REMEMBERED] = packed([*unpacked(remembered_of(old, manifest)), *_taken_along(examples)])
    new = manifest.model_copy(
        update={
            "name": name,
            "files": files,
            "remembered": Remembered(file=_REMEMBERED, sha256=_sha256(contents[_REMEMBERED])),
            "calibration": None,  # it was fitted to the old weights
            "provenance": manifest.provenance.model_copy(update={"tuned_from": manifest.name}),
        }
    )
    contents[FILE_NAME] = yaml.safe_dump(new.model_dump(mode="json"), sort_keys=False, allow_unicode=True).encode()
    return contents


def _taken_along(examples: Sequence[Example]) -> list[tuple[bytes, str]]:
    """What was learnt now, for the next learning must not forget it; by chance where there are too many."""
    small = [example for example in examples if len(example.data) <= _LARGEST]
    chosen = np.random.default_rng(len(small)).permutation(len(small))[:_TAKEN_ALONG]
    return [(small[i].data, small[i].text) for i in sorted(chosen)]


def write(shelf: Path, name: str, contents: Mapping[str, bytes], check: Callable[[Path], None]) -> Path:
    """Write the model into *shelf*.

    Args:
        shelf: Where the box keeps its own models; made where it is missing.
        name: Of the folder.
        contents: Its files.
        check: Called with a folder that holds the model, before it gets its place.

    Raises:
        UsageError: There is a model of that name.
        ModelUnavailable: The disk or its permissions stand in the way.
    """
    place = shelf / f".tuning-{name}"  # what an interrupted run left there goes now
    try:
        shutil.rmtree(place, ignore_errors=True)
        for file, content in contents.items():
            path = place / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, content)
        check(place)
        for folder in {path.parent for path in (place / name).rglob("*")}:
            fsync_dir(folder)
        rename_noreplace(str(place / name), str(shelf / name))
        fsync_names(shelf)
    except FileExistsError as error:
        raise taken(shelf / name) from error
    except OSError as error:
        message = f"{shelf / name}: cannot be written: {error.strerror}"
        raise ModelUnavailable(message, hint=f"{_REACH}; check the space on the disk") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return shelf / name


def taken(folder: Path) -> UsageError:
    """The name is somebody's already."""
    return UsageError(f"{folder}: there is a model of that name", hint="choose another name with --name, or remove the folder")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
