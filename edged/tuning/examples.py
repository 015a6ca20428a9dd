"""Labelled lines: the user's, with every error at once, and those that a model takes along; split so that no text is on both sides."""

import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edged.errors import FrameError, UsageError
from edged.exam.labelled import labelled
from edged.types import Pixels

MOST: Final = 5000
LABELS: Final = "labels.tsv"
_LEAST: Final = 10
_SHOWN: Final = 5

Prepare = Callable[[bytes], Pixels]  # from the bytes of a picture to a line of model height


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One labelled line, ready for the model."""

    data: bytes = field(repr=False)  # of the picture
    image: Pixels = field(repr=False)
    text: str


def read(folder: Path, prepare: Prepare, charset: Sequence[str]) -> list[Example]:
    """All examples of a folder of labelled lines, see `edged.exam.labelled`.

    Raises:
        UsageError: There are none, too few or too many, or some cannot be used; the message names them.
    """
    lines = labelled(folder)
    if len(lines) > MOST:
        message = f"{folder}: {len(lines)} examples found, expected at most {MOST}"
        raise UsageError(message, hint="leave out those that look like the others")
    problems, found, known = defaultdict[str, list[str]](list), list[Example](), set(charset)
    for line in lines:
        unknown = "".join(sorted(set(line.text) - known))
        if not line.text:
            problems["without a text"].append(line.key)
        elif unknown:
            problems["with a character that the model has no class for"].append(f"{line.key}: {unknown!r}")
        else:
            try:
                data = line.path.read_bytes()
                found.append(Example(data=data, image=prepare(data), text=line.text))
            except (OSError, FrameError) as error:
                why = error.strerror if isinstance(error, OSError) else error
                problems["with a picture that cannot be read"].append(f"{line.key}: {why}")
    if problems:
        message = f"{folder}: {'; '.join(_told(kind, places) for kind, places in problems.items())}"
        raise UsageError(message, hint="correct these or take them out; nothing was learnt")
    texts = len({example.text for example in found})
    if len(found) < _LEAST or texts < _LEAST // 2:
        message = f"{folder}: {len(found)} examples of {texts} texts found, expected at least {_LEAST} of {_LEAST // 2}"
        raise UsageError(message, hint="label more lines, about 100 are a good beginning: a part is kept aside to test on")
    return found


def unpacked(content: bytes) -> list[tuple[bytes, str]]:
    """Pictures and texts that a model takes along."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        rows = [row.partition("\t") for row in file.read(LABELS).decode("utf-8").removesuffix("\n").split("\n")]
        return [(file.read(name), text) for name, _, text in rows]


def packed(lines: Sequence[tuple[bytes, str]]) -> bytes:
    """The file of pictures and texts: the same bytes for the same lines."""
    target, labels = io.BytesIO(), ""
    with zipfile.ZipFile(target, "w") as file:
        for number, (data, text) in enumerate(lines):
            file.writestr(zipfile.ZipInfo(f"{number:05d}"), data)
            labels += f"{number:05d}\t{text}\n"
        file.writestr(zipfile.ZipInfo(LABELS), labels)
    return target.getvalue()


def split(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Those to learn from, and those to test on: about *share* of them, at least one.

    Equal texts stay together, and which side a text is on depends on the texts alone.
    """
    groups = defaultdict[str, list[Example]](list)
    for example in examples:
        groups[example.text].append(example)
    order = sorted(groups, key=lambda text: hashlib.sha256(text.encode()).digest())
    learnt, held = list[Example](), list[Example]()
    for text in order:
        (held if len(held) < max(1, share * len(examples)) and text != order[-1] else learnt).extend(groups[text])
    return learnt, held


def _told(kind: str, places: Sequence[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return f"{len(places)} {kind} ({', '.join(places[:_SHOWN])}{more})"
