"""Log lines: one per record, fields behind the sentence, nothing forged by a name."""

import io
import logging
import os
import sys
from collections.abc import Iterator

import pytest

from edged.lib.logs import LineFormatter, frame_context, printable, setup_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("edged")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before[0], before[1], before[2]


def _journal_line(message: str, **extra: object) -> str:
    record = logging.makeLogRecord({"msg": message, "levelno": logging.INFO, "levelname": "INFO", **extra})
    return LineFormatter(journal=True).format(record)


@pytest.mark.parametrize(("level", "number"), [("CRITICAL", 2), ("ERROR", 3), ("WARNING", 4), ("INFO", 6), ("DEBUG", 7)])
def test_the_journal_gets_priorities(level: str, number: int) -> None:
    """Each level is told in the way that systemd understands."""
    record = logging.makeLogRecord({"msg": "frame %s", "args": ("a",), "levelno": getattr(logging, level), "levelname": level})
    assert LineFormatter(journal=True).format(record) == f"<{number}>frame a"


def test_fields_follow_the_sentence() -> None:
    """What is given in `extra` follows as key=value, in quotes where a reader could be misled."""
    line = _journal_line("frame read", plain="a.jpg", spaced="a b", empty="", equals="a=b", quote='a"b', count=3, back="a\\b")
    assert line == '<6>frame read plain=a.jpg spaced="a b" empty="" equals="a=b" quote="a\\"b" count=3 back="a\\\\b"'


def test_no_name_forges_a_line() -> None:
    """Line ends, escapes, direction marks and undecodable bytes come out as text."""
    hostile = "a\n<3>forged\x1b[2J\u202egpj\udcff\u2028b"
    line = _journal_line("rejected %s", args=(hostile,), file=hostile)
    assert line.isprintable()
    assert line == (r"<6>rejected a\n<3>forged\x1b[2J\u202egpj\udcff\u2028b" + r' file="a\n<3>forged\x1b[2J\u202egpj\udcff\u2028b"')


def test_other_scripts_are_left_alone() -> None:
    """Only what cannot be printed is escaped."""
    assert printable("Straße 批号 7") == "Straße 批号 7"


def test_the_frame_stands_in_every_record_of_its_work() -> None:
    """Fields of the context are added, inner ones beside outer ones, until the work is done."""
    with frame_context(id="0193"), frame_context(source="inbox"):
        assert _journal_line("committed", seq=4) == "<6>committed id=0193 source=inbox seq=4"
    assert _journal_line("idle") == "<6>idle"


def test_each_line_of_a_traceback_has_its_priority() -> None:
    """The journal takes lines apart, so each one says how bad it is."""
    try:
        int("no\n<3>forgery")
    except ValueError:
        lines = _journal_line("failed", exc_info=sys.exc_info()).splitlines()
    assert lines[0] == "<6>failed"
    assert len(lines) > 3
    assert all(line.startswith("<6>") for line in lines)


def test_people_get_time_and_level() -> None:
    """Outside the journal a line begins with the time and the level, and libraries speak from warning on."""
    stream = io.StringIO()
    setup_logging("info", stream=stream, environ={})
    logging.getLogger("edged.flow").info("frame read", extra={"seq": 1})
    logging.getLogger("edged.flow").debug("not told")
    logging.getLogger("paho").info("not told")
    logging.getLogger("paho").warning("told")
    first, second = stream.getvalue().splitlines()
    assert first[8:] == " info    frame read seq=1"
    assert second[8:] == " warning told"


def test_the_journal_is_known_by_its_stream() -> None:
    """Priorities are written only where the stream itself is the journal's, not where a pipe stands between."""
    reader, writer = os.pipe()
    found = os.fstat(writer)
    with os.fdopen(writer, "w") as stream, os.fdopen(reader) as answer:
        for journal in (f"{found.st_dev}:{found.st_ino}", f"{found.st_dev}:{found.st_ino + 1}"):
            setup_logging("debug", stream=stream, environ={"JOURNAL_STREAM": journal})
            logging.getLogger("edged").debug("hello")
        stream.flush()
        assert answer.readline() == "<7>hello\n"
        assert answer.readline()[8:] == " debug   hello\n"
