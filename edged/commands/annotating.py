"""Where annotated pictures go, and how they come there: `edged read --annotate`."""

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edged.annotate import ENDINGS, annotated, encoded, lettering, marks_of
from edged.commands.pictures import Finished
from edged.config import ReadingSection
from edged.errors import UsageError
from edged.lib.files import atomic_write

_ENDING = ".jpg"  # of those whose names we choose


class Annotating:
    """Writes one annotated picture for each picture: into the file OUT, or into the folder OUT."""

    def __init__(self, out: Path, pictures: Sequence[str], source: ReadingSection) -> None:
        """Choose the place.

        Raises:
            UsageError: OUT cannot take them.
        """
        self._source = source
        self._pictures = {os.path.realpath(path) for path in pictures}
        self._taken: set[Path] = set()
        self._file = out
        self._folder = out if out.is_dir() or not out.suffix else None
        if self._folder is None:
            _check_file(out, len(pictures))
            if os.path.realpath(out) in self._pictures:
                message = f"--annotate {out} is the picture itself"
                raise UsageError(message, hint="name another file: the picture stays as it is")
        else:
            _make(self._folder)
        self._lettering, lacks = lettering()
        if lacks:
            print(f"edged: {lacks}", file=sys.stderr)

    def write(self, done: Finished) -> Path | None:
        """Write the picture of one reading; None where there is none, since nothing could be decoded.

        Raises:
            UsageError: It cannot be written.
        """
        image = done.image(self._source.limits)
        if image is None:
            return None
        looked = [line.box for line in done.laid.lines]
        marks = marks_of(done.reading, self._source.unsure_below, looked)
        target = self._target(done.reading.origin.name)
        try:
            atomic_write(target, encoded(annotated(image, done.reading, marks, self._lettering), target.suffix.lower()))
        except OSError as error:
            raise _unwritable(target, error) from error
        return target

    def _target(self, name: str) -> Path:
        if self._folder is None:
            return self._file
        stem, number = Path(name).stem[:200], 1
        target = self._folder / f"{stem}.annotated{_ENDING}"
        while target in self._taken or os.path.realpath(target) in self._pictures:
            number += 1
            target = self._folder / f"{stem}.annotated-{number}{_ENDING}"
        self._taken.add(target)
        return target


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _check_file(out: Path, count: int) -> None:
    if out.suffix.lower() not in ENDINGS:
        message = f"--annotate {out}: found the ending {out.suffix}, expected {', '.join(ENDINGS)}, or a folder"
        raise UsageError(message, hint="name a picture file like OUT.png, or a folder for several")
    if count != 1:
        message = f"--annotate {out}: one file cannot take {count} pictures"
        raise UsageError(message, hint="name a folder: each picture comes into it under its own name")
    if not out.parent.is_dir():
        raise _unwritable(out, FileNotFoundError(errno.ENOENT, ""))


def _unwritable(path: Path, error: OSError) -> UsageError:
    message = f"--annotate: {path} cannot be written: {os.strerror(error.errno or 0)}"
    return UsageError(message, hint="name a place that is there and that you may write to")
