"""What is told of a comparison, from recorded numbers; no peer runs here."""

import itertools
import json
from pathlib import Path
from xml.etree import ElementTree as ET

from edged.exam.labelled import Labelled
from edged.exam.rules import Rules
from scripts.peers.chart import scatter
from scripts.peers.table import Row, as_data, markdown, row_of
from scripts.peers.tesseract import pages
from scripts.peers.turns import Measured

LINES = [
    Labelled(source=source, key=f"{source}/{name}", path=Path(name), text=text)
    for source, name, text in (("a", "1", "LOT A17"), ("a", "2", "Exp"), ("b", "1", "O-17"), ("c", "1", "x"))
]
RULES = Rules.model_validate({"alnum": ["b"], "o_is_zero": ["b"], "caseless": ["b"], "apart": ["c"], "groups": {"unseen": ["b"]}})
OURS = Measured(
    name="crnn INT8",
    ours=True,
    version="edged 1",
    settings="2 threads",
    seconds=(0.5, 0.1, 0.2),
    cpu=(0.9, 0.2, 0.4),
    memory_mib=180.4,
    texts=("LOTA17", "exp", "017", ""),
)
GONE = Measured(name="Tesseract 5", ours=False, problem="tesseract is not installed")


def row(name: str, headline: float, per_second: float, *, ours: bool = False) -> Row:
    return Row(name=name, ours=ours, version="v", settings="s", headline=headline, per_second=per_second)


def test_texts_are_scored_and_rounds_are_summed_up() -> None:
    """Exact by the rules of each source, case where labels keep it, and the round in the middle."""
    told = row_of(OURS, LINES, RULES)
    assert (told.headline, told.unseen, told.case, told.cer) == (1.0, 1.0, 0.5, 0.0)
    assert (told.per_second, told.cpu_ms) == (20.0, 100.0)
    assert told.sources == {"a": 1.0, "b": 1.0, "c": 0.0}
    assert row_of(OURS, LINES, Rules(apart=frozenset("c"))).unseen is None


def test_the_table_tells_settings_and_who_did_not_run() -> None:
    """Figures in the table, settings below it; a peer that could not be opened has a reason and no figures."""
    rows = [row_of(one, LINES, RULES) for one in (OURS, GONE)]
    text = list(markdown(rows, "4 lines"))
    assert "| **crnn INT8** | 1.000 | 1.000 | 0.500 | 0.000 | 20.0 | 100.0 | 180 |" in text
    assert "* crnn INT8: edged 1; 2 threads" in text
    assert "* Tesseract 5: not measured: tesseract is not installed" in text
    assert not any("| Tesseract 5" in line for line in text)
    data = json.loads(json.dumps(as_data(rows, "4 lines")))
    assert [one["problem"] for one in data["rows"]] == ["", "tesseract is not installed"]


def test_the_picture_puts_the_faster_right_and_the_better_up() -> None:
    """Every point lies in the field, names do not lie on each other, and what was not measured is left out."""
    rows = [row("ours <fp16>", 0.87, 105.0, ours=True), row("ours <int8>", 0.868, 240.0, ours=True), row("slow & good", 0.86, 9.5)]
    rows += [row("bad", 0.31, 14.0), Row(name="gone", ours=False, problem="why")]
    svg = ET.fromstring(scatter("accuracy & speed", "note", rows))
    space = {"s": "http://www.w3.org/2000/svg"}
    points = [(float(c.get("cx", 0)), float(c.get("cy", 0)), c.get("fill")) for c in svg.findall("s:circle", space)]
    names = {t.text: float(t.get("y", 0)) for t in svg.findall("s:text", space) if t.text in {r.name for r in rows}}
    assert len(points) == 4
    assert all(64 <= x <= 690 and 54 <= y <= 348 for x, y, _ in points)
    by_height = sorted(points, key=lambda point: point[1])
    assert [colour for _, _, colour in by_height] == ["#2f6fdb", "#2f6fdb", "#8a94a6", "#8a94a6"]
    assert by_height[1][0] > by_height[0][0] > by_height[3][0] > by_height[2][0]
    assert set(names) == {"ours <fp16>", "ours <int8>", "slow & good", "bad"}
    heights = sorted(names.values())
    assert all(below - above >= 14.9 for above, below in itertools.pairwise(heights))


def test_the_picture_of_one_or_of_nobody_is_drawn() -> None:
    """No range to divide by is no reason to fail."""
    for rows in ([row("alone", 1.0, 100.0)], []):
        assert scatter("t", "n", rows).startswith("<svg")


def test_a_crop_that_tesseract_finds_nothing_in_does_not_shift_the_others() -> None:
    """Its table numbers the crops: the second has no word, the third has two."""
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    words = [(1, 1, ""), (5, 1, "LOT"), (1, 2, ""), (1, 3, ""), (4, 3, ""), (5, 3, '"A17'), (5, 3, "产")]
    rows = (f"{level}\t{page}\t1\t1\t1\t1\t0\t0\t9\t9\t90\t{text}" for level, page, text in words)
    assert list(pages("\n".join((head, *rows, "")))) == [(1, "LOT"), (3, '"A17 产')]
