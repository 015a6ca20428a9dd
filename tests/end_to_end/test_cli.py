"""The commands as a person meets them."""

import json
import os
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from edged.cli import main
from tests.doubles.readings import make_outbox
from tests.end_to_end.box import MODELS, ROOT, SAMPLES, Box, edged

LOT, DATE = SAMPLES / "lot.png", SAMPLES / "date.png"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """Folders and a configuration, nothing running."""
    return Box(tmp_path)


def test_read_prints_the_text_of_one_picture() -> None:
    """One picture: its text and how sure it is."""
    done = edged("read", str(SAMPLES / "chinese.png"))
    assert done.returncode == 0
    assert re.fullmatch(r"生产日期  \([01]\.\d\d\)\n", done.stdout)


def test_read_tells_a_doubt_beside_the_text(box: Box) -> None:
    """An unsure text is shown with its reason, and is no failure."""
    box.configure(inbox={"unsure_below": 1})
    done = box.edged("read", str(LOT), str(DATE))
    assert done.returncode == 0
    assert f"{LOT}: LOT A17-042" in done.stdout
    assert "[unsure: confidence" in done.stdout


def test_read_json_keeps_the_order_of_the_arguments_failures_too(tmp_path: Path) -> None:
    """One valid reading per line; a picture that cannot be read makes the exit code 1."""
    schema = json.loads((ROOT / "config" / "reading.schema.json").read_text())
    pdf = tmp_path / "scan.pdf"
    pdf.write_bytes(b"%PDF-1.7\n")
    asked = [str(LOT), str(pdf), str(tmp_path / "missing.png"), str(DATE)]
    done = edged("read", "--json", *asked)
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    for reading in readings:
        jsonschema.validate(reading, schema)
    assert done.returncode == 1
    assert [r["origin"]["name"] for r in readings] == asked
    assert [r["outcome"] for r in readings][1:3] == ["rejected", "failed"]
    assert readings[0]["text"] == "LOT A17-042"
    assert (readings[0]["seq"], readings[0]["epoch"]) == (None, None)


def test_read_never_hangs_and_never_breaks_on_a_strange_file(tmp_path: Path) -> None:
    """A pipe, a folder, a huge file and a time that no calendar has each have their reason, or are read."""
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge.png").open("wb") as huge:
        huge.truncate(2**40)
    old = tmp_path / "old.png"
    shutil.copyfile(LOT, old)
    os.utime(old, (-(2**40), -(2**40)))
    done = edged("read", "--json", str(tmp_path / "pipe"), str(tmp_path), str(tmp_path / "huge.png"), str(old))
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reading["outcome"] for reading in readings] == ["rejected", "rejected", "rejected", "ok"]
    assert "a named pipe" in readings[0]["reasons"][0]
    assert "a folder" in readings[1]["reasons"][0]
    assert "limits.max_file_bytes" in readings[2]["reasons"][0]
    assert readings[3]["text"] == "LOT A17-042"


def test_read_takes_a_list_of_pictures(tmp_path: Path) -> None:
    """@FILE names a picture a line."""
    (tmp_path / "list").write_text(f"{LOT}\n\n{DATE}\n")
    done = edged("read", "--json", f"@{tmp_path / 'list'}")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["LOT A17-042", "15/03/2027 08:42"]


def test_read_looks_for_text_in_what_is_no_line() -> None:
    """A photograph gives its lines and a line stays one; --json says which way each went, and --layout wins."""
    photo = str(SAMPLES / "photos" / "label.jpg")
    schema = json.loads((ROOT / "config" / "reading.schema.json").read_text())
    readings = [json.loads(line) for line in edged("read", "--json", str(LOT), photo).stdout.splitlines()]
    for reading in readings:
        jsonschema.validate(reading, schema)
    assert [(reading["layout"], len(reading["lines"])) for reading in readings] == [("whole", 1), ("detect", 4)]
    told = edged("read", str(LOT), photo)
    assert "LOT A17-042\nEXP 2027-03-15" in told.stdout
    assert "looked for in 1 of 2 pictures" in told.stderr
    (whole,) = (json.loads(line) for line in edged("read", "--json", "--layout", "whole", photo).stdout.splitlines())
    assert (whole["layout"], whole["outcome"]) == ("whole", "unsure")


def test_read_reads_as_its_source_says_where_one_is_named(box: Box) -> None:
    """The shape is asked only where nobody said a layout."""
    box.configure(inbox={})
    photo = str(SAMPLES / "photos" / "label.jpg")
    assert json.loads(box.edged("read", "--json", photo).stdout)["layout"] == "detect"
    assert json.loads(box.edged("read", "--json", "--source", "inbox", photo).stdout)["layout"] == "whole"


def test_read_draws_what_it_read(tmp_path: Path) -> None:
    """Into one file, or into a folder under the names of the pictures; equal names do not meet, and the pictures stay."""
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "lot.jpg"
    shutil.copyfile(SAMPLES / "photos" / "label.jpg", other)
    broken = tmp_path / "broken.png"
    broken.write_bytes(LOT.read_bytes()[:100])
    assert edged("read", "--annotate", str(tmp_path / "one.png"), str(LOT)).returncode == 0
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    done = edged("read", "--annotate", str(tmp_path / "drawn"), str(LOT), str(other), str(broken))
    assert done.returncode == 1
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["lot.annotated-2.jpg", "lot.annotated.jpg"]
    assert f"{broken}: no annotated picture" in done.stderr
    assert other.read_bytes() == (SAMPLES / "photos" / "label.jpg").read_bytes()


def test_doctor_explains_a_picture(tmp_path: Path) -> None:
    """What it is, what was found and measured, what was read; a line upside down reads better turned. 1 where nothing can be read."""
    import cv2

    turned = tmp_path / "turned.png"
    cv2.imwrite(str(turned), cv2.rotate(cv2.imread(str(SAMPLES / "plate.png")), cv2.ROTATE_180))
    done = edged("doctor", str(turned))
    told = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout
    assert "PNG of 364 x 60 pixels" in told
    assert "is read as one text line" in told
    assert "sharpness" in told
    assert "turned by 180 degrees it reads better" in told
    cut = tmp_path / "cut.jpg"
    cut.write_bytes((SAMPLES / "photos" / "label.jpg").read_bytes()[:20_000])
    done = edged("doctor", "--json", str(cut), str(SAMPLES / "photos" / "label.jpg"))
    bad, good = (json.loads(line) for line in done.stdout.splitlines())
    assert (done.returncode, bad["picture"], bad["exit_code"], good["exit_code"]) == (1, str(cut), 1, 0)
    assert all(finding["remedy"] for finding in bad["findings"])
    assert "4 text lines" in next(finding["text"] for finding in good["findings"] if finding["area"] == "layout")


def test_read_moves_nothing_and_needs_no_state(box: Box) -> None:
    """With a configuration: its model and steps, and nothing else of it."""
    before = sorted(box.path.rglob("*"))
    assert box.edged("read", str(LOT)).returncode == 0
    assert sorted(box.path.rglob("*")) == before


def test_read_corrects_by_the_rules_and_says_what_it_changed(box: Box) -> None:
    """The text is what the rules make of it; what was read and each change stand beside it, and in the reading with its field."""
    pattern = r"LOT[A-Z]\d{2}-\d{3}"
    box.configure(inbox={"unsure_below": 0, "fields": {"lot": {"pattern": pattern}}})
    assert box.edged("read", str(LOT)).stdout.endswith(f"[read as LOT A17-042; pattern {pattern}: a space left out]\n")
    reading = json.loads(box.edged("read", "--json", str(LOT)).stdout)
    jsonschema.validate(reading, json.loads((ROOT / "config" / "reading.schema.json").read_text()))
    (field,), (line,) = reading["fields"], reading["lines"]
    assert (reading["outcome"], reading["text"], field["name"], field["state"]) == ("ok", "LOTA17-042", "lot", "read")
    assert {key: field[key] for key in line} == line
    assert 0 < field["confidence"] <= min(character["confidence"] for character in field["characters"])


def test_read_uses_the_dictionary_of_a_file(box: Box) -> None:
    """An entry within reach replaces what was read; a text that is no entry is unsure."""
    (box.path / "lots.txt").write_text("LOT A17-842\nLOT B20-001\n", encoding="utf8")
    box.configure(inbox={"rules": {"dictionary_file": "lots.txt"}})
    done = box.edged("read", str(LOT), str(DATE)).stdout
    assert "LOT A17-842" in done
    assert "[read as LOT A17-042; dictionary: LOT A17-042 -> LOT A17-842]" in done
    assert '[unsure: "15/03/2027 08:42" is not in the dictionary' in done


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["read"], 2, "required: IMAGE"),
        (["read", "--model", "nowhere", str(LOT)], 78, "there is no model nowhere"),
        (["read", "@/nowhere/list"], 2, "name a text file with the path of one picture per line"),
        (["read", "-c", "/nowhere/edged.yaml", str(LOT)], 78, "cannot be read"),
        (["read", "--annotate", "out.gif", str(LOT)], 2, "expected .png, .jpg, .jpeg, or a folder"),
        (["read", "--annotate", "out.png", str(LOT), str(DATE)], 2, "one file cannot take 2 pictures"),
        (["read", "--annotate", str(LOT), str(LOT)], 2, "is the picture itself"),
        (["read", "--annotate", "/nowhere/out.png", str(LOT)], 2, "cannot be written: No such file"),
        (["doctor", "--source", "gate", str(LOT)], 2, "there is no source"),
        (["doctor", "--layout", "whole"], 2, "name a picture"),
        (["fly"], 2, "invalid choice"),
        (["outbox"], 2, "required: action"),
        (["outbox", "retry", "0"], 2, "expected the number of a reading"),
        (["outbox", "retry", str(2**63)], 2, "expected the number of a reading"),
        (["outbox", "retry", "one"], 2, "expected the number of a reading"),
        (["status", "-c", "/nowhere/edged.yaml"], 78, "name the file with -c FILE"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code tells the kind, the message what to do; what escapes would be a traceback."""
    try:
        found = main(arguments)
    except SystemExit as end:  # argparse's
        found = int(end.code or 0)
    assert found == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "code"), [(["fly"], 2), (["status", "-c", "/nowhere/edged.yaml"], 78)])
def test_the_code_of_a_wrong_call_is_that_of_the_process(arguments: list[str], code: int) -> None:
    """Both ways to end: argparse's, and that of an error of ours; neither with a traceback."""
    done = edged(*arguments)
    assert done.returncode == code
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_read_can_go_the_way_of_a_source(box: Box) -> None:
    """--source takes that source's model, limits and steps."""
    box.configure(inbox={"limits": {"max_side": 32}})
    done = box.edged("read", "--source", "inbox", str(LOT))
    assert done.returncode == 1
    assert "max_side" in done.stderr
    unknown = box.edged("read", "--source", "gate", str(LOT))
    assert unknown.returncode == 2
    assert "it has inbox" in unknown.stderr


def test_check_says_good_or_everything_that_is_wrong(box: Box) -> None:
    """0 for a good configuration; else every error with its line, and 78."""
    good = box.edged("check")
    assert (good.returncode, "good (device box; sources inbox" in good.stdout) == (0, True)
    box.configure(log={"level": "loud"}, mqtt={"prot": 1883})
    bad = box.edged("check")
    assert bad.returncode == 78
    assert "log.level" in bad.stderr
    assert "did you mean" in bad.stderr


def test_without_a_daemon_the_outbox_is_opened_directly(box: Box) -> None:
    """`edged outbox` works while the daemon is down; `edged status` says that nobody answers."""
    (box.path / "state").mkdir()
    outbox = make_outbox(box.path / "state")
    outbox.open()
    outbox.close()
    stat = box.edged("outbox", "stat")
    assert stat.returncode == 0
    assert stat.stdout.startswith("0 readings = 0 pending")
    assert box.edged("outbox", "dead").stdout == "no dead letters\n"
    assert box.edged("outbox", "retry").stdout == "0 readings made pending again\n"
    status = box.edged("status")
    assert status.returncode == 1
    assert "no edged answers on" in status.stderr


@pytest.mark.parametrize("action", ["stat", "dead", "retry"])
def test_without_a_daemon_and_readings_the_outbox_commands_make_nothing(box: Box, action: str) -> None:
    """A database that a look by root had made would not be the daemon's own."""
    before = sorted(box.path.rglob("*"))
    done = box.edged("outbox", action)
    assert (done.returncode, done.stdout) == (0, "no readings yet\n")
    assert sorted(box.path.rglob("*")) == before


def test_models_list_shows_the_shelf(tmp_path: Path) -> None:
    """Usable models, and why others are not."""
    shutil.copytree(MODELS / "crnn-zh-en", tmp_path / "shelf" / "crnn-zh-en")  # whatever else lies beside it
    done = edged("models", "list", "--models-dir", str(tmp_path / "shelf"))
    assert done.returncode == 0
    assert "\ncrnn-zh-en\trecognise\tint8+fp16\t9175 classes\tApache-2.0" in f"\n{done.stdout}"
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.yaml").write_text("format: 1\n")
    broken = edged("models", "list", "--models-dir", str(tmp_path))
    assert broken.returncode == 1
    assert "broken\tunusable" in broken.stdout


def test_a_daemon_without_its_model_says_how_to_get_it(box: Box) -> None:
    """78, so that systemd does not try again and again."""
    box.configure(models_dir=str(box.path))
    done = box.edged("run")
    assert done.returncode == 78
    assert "edged models build" in done.stderr


def test_a_daemon_without_its_inbox_says_so(box: Box) -> None:
    """74, so that systemd tries again: it may be a mount that comes later."""
    box.configure(inbox={"path": "nowhere"})
    done = box.edged("run")
    assert done.returncode == 74
    assert "nowhere" in done.stderr
