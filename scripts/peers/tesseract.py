"""Tesseract 5, the program of Debian: a process for each core, one thread each, every one with a list of crops.

The program ends after its list, so a round has the loading of its models in it: a share that falls with the number of crops.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

_LANGUAGES = "chi_sim+eng"
_WORD = "5"  # the level of a word in its table


class Tesseract:
    def __init__(self, threads: int) -> None:
        told = subprocess.run(["tesseract", "--version"], check=True, capture_output=True, text=True).stdout
        self.version = told.splitlines()[0]
        self.settings = f"-l {_LANGUAGES} --psm 7, {threads} processes of one thread, each with a list of crops; their start counts"
        self._threads, self._memory = threads, 0.0
        self._folder = tempfile.TemporaryDirectory()  # as long as the process

    def read(self, paths: Sequence[str]) -> list[str]:
        texts, started = [""] * len(paths), []
        for first in range(self._threads):
            share = list(range(first, len(paths), self._threads))
            if share:
                started.append((share, *self._start(first, [paths[index] for index in share])))
        memory = 0.0
        for share, process, out in started:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)  # so that nobody waits for it again
            memory += usage.ru_maxrss / 1024
            if process.returncode:
                message = f"tesseract ended with {process.returncode}"
                raise RuntimeError(message)
            for number, text in pages(out.read_text(encoding="utf8")):
                texts[share[number - 1]] = text
        self._memory = max(self._memory, memory)
        return texts

    def _start(self, number: int, paths: Sequence[str]) -> tuple["subprocess.Popen[bytes]", Path]:
        names, out = (Path(self._folder.name) / f"{number}.{kind}" for kind in ("list", "texts"))
        names.write_text("".join(f"{path}\n" for path in paths), encoding="utf8")
        command = ["tesseract", str(names), "stdout", "-l", _LANGUAGES, "--psm", "7", "tsv"]
        with out.open("wb") as stdout:
            return subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_THREAD_LIMIT": "1"}), out

    def memory_mib(self) -> float:
        return self._memory


def pages(table: str) -> Iterator[tuple[int, str]]:
    """Number and text of each page with a word; crops in which it finds no line, or that it refuses, have none."""
    rows = (row.split("\t") for row in table.split("\n")[1:] if row)
    words = ((int(row[1]), row[11]) for row in rows if row[0] == _WORD)
    for number, of_page in groupby(words, key=itemgetter(0)):
        yield number, " ".join(word for _, word in of_page)


def opened(threads: int, _paths: Sequence[str]) -> Tesseract:
    try:
        return Tesseract(threads)
    except FileNotFoundError as error:
        message = "tesseract is not installed: apt-get install tesseract-ocr tesseract-ocr-chi-sim"
        raise RuntimeError(message) from error
