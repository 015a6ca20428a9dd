"""`edged models eval` as a person meets it, on the project's own samples."""

import json
import shutil
from pathlib import Path

from tests.end_to_end.box import SAMPLES, edged

LABELS = dict(row.split("\t") for row in (SAMPLES / "labels.tsv").read_text(encoding="utf8").splitlines())


def test_the_samples_are_read_and_counted(tmp_path: Path) -> None:
    """All are right; the table, the JSON and the predictions say the same of each."""
    figures, texts = tmp_path / "figures.json", tmp_path / "texts.tsv"
    done = edged("models", "eval", str(SAMPLES), "--confusions", "3", "--json", str(figures), "--tsv", str(texts))
    assert done.returncode == 0, done.stderr
    assert f"samples{'':19}{len(LABELS):6}   1.000   1.000   0.000" in done.stdout
    told = json.loads(figures.read_text(encoding="utf8"))
    assert told["sources"] == {"samples": {"n": len(LABELS), "exact": 1.0, "case": 1.0, "cer": 0.0, "not_read": 0}}
    assert told["confidence"]["cover_at_1"] == 1.0
    assert told["model"]["name"] == "crnn-zh-en"
    read = [row.split("\t") for row in texts.read_text(encoding="utf8").splitlines()]
    assert {key: "".join(text.split()) for key, text, _ in read} == {f"samples/{k}": "".join(v.split()) for k, v in LABELS.items()}
    assert all(0 < float(confidence) <= 1 for _, _, confidence in read)


def test_what_cannot_be_read_is_listed_and_counted(tmp_path: Path) -> None:
    """A missing and a broken picture are named, count as wrong, and make the exit code 1; a wrong label shows as a confusion."""
    tree, texts = tmp_path / "tree", tmp_path / "texts.tsv"
    (tree / "line").mkdir(parents=True)
    shutil.copy(SAMPLES / "lot.png", tree / "line")
    (tree / "line" / "broken.png").write_bytes((SAMPLES / "lot.png").read_bytes()[:300])
    (tree / "line" / "dev.tsv").write_text("lot.png\tLOT B17-042\nbroken.png\tX\nmissing.png\tY\n")
    done = edged("models", "eval", str(tree), "--confusions", "--tsv", str(texts))
    assert done.returncode == 1
    assert f"{tree}/line/missing.png: not read: cannot be read: No such file" in done.stderr
    assert f"{tree}/line/broken.png: not read: " in done.stderr
    assert "2 not read" in done.stdout
    assert "B -> A" in done.stdout
    assert [row.split("\t")[0] for row in texts.read_text().splitlines()] == ["line/lot.png"]


def test_a_folder_without_a_table_is_refused_before_any_model_is_loaded(tmp_path: Path) -> None:
    """What was looked for and the layout that is expected."""
    done = edged("models", "eval", str(tmp_path), "--model", "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no table (*.tsv) in it" in done.stderr
    assert "<source>/<split>.tsv" in done.stderr


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As for every command that reads."""
    done = edged("models", "eval", str(SAMPLES), "--model", "none")
    assert done.returncode == 78
    assert "there is no model none" in done.stderr
