"""Folders of labelled lines, right ones and wrong ones."""

from pathlib import Path

import pytest

from edged.errors import UsageError
from edged.exam.labelled import labelled
from edged.exam.rules import Rules, load_rules


def table(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def test_sources_and_their_tables_are_found(tmp_path: Path) -> None:
    """One table of a source is taken whatever it is called; of several `dev`, or the one that is named."""
    table(tmp_path / "b" / "labels.tsv", "\ufeffx.png\tLOT 1\n\nsub/y.png\t\n")
    table(tmp_path / "a" / "dev.tsv", "x.png\tONE\n")
    table(tmp_path / "a" / "test.tsv", "x.png\tTWO\n")
    (tmp_path / "empty").mkdir()
    assert [(one.key, one.text) for one in labelled(tmp_path)] == [("a/x.png", "ONE"), ("b/x.png", "LOT 1"), ("b/sub/y.png", "")]
    assert [one.text for one in labelled(tmp_path, "test")] == ["TWO"]
    assert [(one.key, one.path) for one in labelled(tmp_path / "a")] == [("a/x.png", tmp_path / "a" / "x.png")]


@pytest.mark.parametrize(
    ("files", "split", "said"),
    [
        ({}, None, "there is no such folder"),
        ({"a/x.png": ""}, None, "no table (*.tsv) in it or in its 1 folders"),
        ({"a/dev.tsv": "x\ty\n"}, "test", "no test.tsv in it"),
        ({"a/dev.tsv": "\n"}, None, "1 tables without a line"),
        ({"a/one.tsv": "x\ty\n", "a/two.tsv": "x\ty\n"}, None, "has several tables: one.tsv, two.tsv"),
        ({"a/dev.tsv": "x\ty\nz.png LOT\n"}, None, "dev.tsv:2: 0 tabs found in 'z.png LOT'"),
        ({"a/dev.tsv": "x\ty\tz\n"}, None, "dev.tsv:1: 2 tabs found"),
        ({"a/dev.tsv": "x\ty\nx\tz\n"}, None, "dev.tsv:2: x stands in the table twice"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_with_its_place(tmp_path: Path, files: dict[str, str], split: str | None, said: str) -> None:
    """Each error names the file, the line and what was found, and says what to do."""
    for name, text in files.items():
        table(tmp_path / "tree" / name, text)
    with pytest.raises(UsageError) as caught:
        labelled(tmp_path / "tree", split)
    assert said in str(caught.value)
    assert caught.value.hint


def test_a_table_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """What a spreadsheet saves in the encoding of its country is not guessed."""
    (tmp_path / "dev.tsv").write_bytes("x.png\t日期".encode("gbk"))
    with pytest.raises(UsageError, match="it is not UTF-8"):
        labelled(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [("alnum: [", "not YAML"), ("alnums: [a]", "alnums"), ("alnum: 5", "alnum"), ("[a]", "file"), ("groups: {x: 1}", "groups.x")],
)
def test_rules_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    """A key that is unknown, a value that is no list, and what is no YAML."""
    table(tmp_path / "rules.yaml", text)
    with pytest.raises(UsageError, match=said):
        load_rules(None, tmp_path)


def test_rules_lie_in_the_folder_or_are_named(tmp_path: Path) -> None:
    """Without any, every source is compared alike; a file that was named must be there."""
    assert load_rules(None, tmp_path) == Rules()
    table(tmp_path / "rules.yaml", "alnum: [a]")
    table(tmp_path / "other.yaml", "apart: [b]")
    assert load_rules(None, tmp_path).alnum == {"a"}
    assert load_rules(tmp_path / "other.yaml", tmp_path).apart == {"b"}
    with pytest.raises(UsageError, match="no such file"):
        load_rules(tmp_path / "none.yaml", tmp_path)
