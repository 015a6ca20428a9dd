"""What the user lays down, and how it is split."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edged.errors import FrameFailed, UsageError
from edged.tuning.examples import Example, packed, read, split, unpacked
from edged.types import Pixels


def prepare(data: bytes) -> Pixels:
    """Only what begins with ok is a picture."""
    if not data.startswith(b"ok"):
        raise FrameFailed("not a picture")
    return np.zeros((8, 8, 3), np.uint8)


def folder(place: Path, rows: list[str], count: int = 1) -> Path:
    place.mkdir(exist_ok=True)
    (place / "labels.tsv").write_text("\n".join(rows) + "\n", encoding="utf8")
    for number in range(count):
        (place / f"{number}.png").write_bytes(b"ok")
    (place / "bad.png").write_bytes(b"no")
    return place


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Each kind with its count and its pictures."""
    rows = ["0.png\tab", "bad.png\tab", "gone.png\ta", "1.png\t", "2.png\ta§b"]
    with pytest.raises(UsageError) as refused:
        read(folder(tmp_path / "mine", rows, 3), prepare, "ab")
    told = str(refused.value)
    assert "2 with a picture that cannot be read (mine/bad.png: not a picture, mine/gone.png: No such file" in told
    assert "1 without a text (mine/1.png)" in told
    assert "1 with a character that the model has no class for (mine/2.png: '§')" in told


def test_what_is_too_little_is_refused(tmp_path: Path) -> None:
    """Without texts to keep aside, nothing can be learnt."""
    with pytest.raises(UsageError, match="12 examples of 1 texts found"):
        read(folder(tmp_path, [f"{n}.png\ta" for n in range(12)], 12), prepare, "ab")


def test_a_tree_of_sources_is_taken_as_one(tmp_path: Path) -> None:
    """As `edged models eval` takes it: whoever measured with a folder can learn from it."""
    for name in ("one", "two"):
        folder(tmp_path / name, [f"{n}.png\t{'ab' * (n + 1)}" for n in range(6)], 6)
    assert [e.text for e in read(tmp_path, prepare, "ab")] == [*("ab" * (n + 1) for n in range(6))] * 2


def test_what_was_packed_is_unpacked_and_always_the_same_bytes() -> None:
    """Texts may hold any white space but the end of a line."""
    lines = [(b"first", "a b"), (b"\x00\xff", "\u3000中\x85")]
    assert unpacked(packed(lines)) == lines
    with zipfile.ZipFile(io.BytesIO(packed(lines))) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_no_text_is_on_both_sides_of_the_split() -> None:
    """Equal texts stay together, in whatever order they come, and a part is always kept aside."""
    image = np.zeros((8, 8, 3), np.uint8)
    examples = [Example(data=b"", image=image, text=f"text {number % 20}") for number in range(100)]
    learnt, held = ([e.text for e in part] for part in split(examples, 0.2))
    assert not set(learnt) & set(held)
    assert sorted(learnt + held) == sorted(e.text for e in examples)
    assert 20 <= len(held) <= 25
    assert {e.text for e in split(examples[::-1], 0.2)[1]} == set(held)
    for few in ((1, 9), (9, 1)):
        assert all(split([examples[0]] * few[0] + [examples[1]] * few[1], 0.2))
