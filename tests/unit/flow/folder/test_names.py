"""Names in work, in done and in a reading."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.flow.folder.names import ClaimedName, parse_claimed, printable
from edged.types import FrameId

ID = FrameId("01a20673-b713-7a83-b144-3d217e896856")
FILE_NAMES = (
    st.binary(min_size=1, max_size=255)
    .filter(lambda raw: b"\0" not in raw and b"/" not in raw and raw not in {b".", b".."})
    .map(os.fsdecode)
)


def claimed(name: str, attempt: int = 1) -> ClaimedName:
    return ClaimedName(id=ID, attempt=attempt, name=name)


def test_the_first_attempt_is_not_counted_in_the_name() -> None:
    """Most files are read at once; what is filed never shows attempts."""
    assert str(claimed("a.jpg")) == f"{ID}~a.jpg"
    assert str(claimed("a.jpg", 3)) == f"{ID}.3~a.jpg"
    assert claimed("a.jpg", 3).filed == f"{ID}~a.jpg"


@given(FILE_NAMES, st.integers(1, 999))
def test_every_name_survives_work(name: str, attempt: int) -> None:
    """A name in work is valid, leaves room for a sidecar, and is understood again after a crash."""
    text = str(claimed(name, attempt))
    assert len(os.fsencode(text)) + len(".json") <= 255
    assert "/" not in text
    again = parse_claimed(text)
    assert again is not None
    assert (str(again), again.id, again.attempt) == (text, ID, attempt)
    if len(os.fsencode(name)) <= 200 and "\u2215" not in name:
        assert again.name == name


def test_a_path_inside_the_inbox_is_kept() -> None:
    """The reading says where the file was dropped, after a crash too."""
    again = parse_claimed(str(claimed("line 1/gate/a~b.jpg")))
    assert again is not None
    assert again.name == "line 1/gate/a~b.jpg"


def test_long_names_keep_their_extension_and_stay_utf8() -> None:
    """The stem is cut between characters, the same at each attempt."""
    name = "ä" * 124 + "x.jpeg"
    first, later = claimed(name).filed, claimed(name, 7)
    assert first.endswith("ä.jpeg")
    assert str(later).partition("~")[2] == first.partition("~")[2]
    first.encode()


@pytest.mark.parametrize(
    "text",
    ["", "a.jpg", f"{ID}", f"{ID}~", f"{ID}.~a", f"{ID}.x~a", f"{ID}.0~a", f"{ID}.1~a", f"{ID}.02~a", f"{ID}.²~a", f"x{ID[1:]}~a", ".lock"],
)
def test_what_we_did_not_name_is_not_ours(text: str) -> None:
    """Only names that we would write are taken for claimed files."""
    assert parse_claimed(text) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b.jpg", "a b.jpg"),
        ("Grüße-日本.png", "Grüße-日本.png"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        (os.fsdecode(b"\xff\xe9.jpg"), "\\xff\\xe9.jpg"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("a\u2028b\x85", "a\\u2028b\\x85"),
        ("\x7f", "\\x7f"),
    ],
)
def test_what_is_not_printable_is_shown_as_an_escape(name: str, shown: str) -> None:
    """No name can move a cursor, break a line or break JSON."""
    assert printable(name) == shown


@given(FILE_NAMES)
def test_every_name_is_valid_utf8_on_one_line(name: str) -> None:
    """Whatever the bytes were."""
    shown = printable(name)
    assert json.loads(json.dumps(shown).encode()) == shown
    assert len(shown.encode().splitlines()) == 1
