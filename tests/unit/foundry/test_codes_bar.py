"""What crnn-codes is measured with, on models of a few nodes."""

from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="the foundry's renderer draws with Pillow")

from edged.commands.evaluate import read
from edged.exam.labelled import labelled
from scripts.foundry.codes_bar import contender, right, speed, told, told_as_text
from tests.doubles.toy_model import make_toy, picture


def test_the_bar_tells_right_ways_and_speed(tmp_path: Path) -> None:
    """Right by source of the one and of the other; the way of what reads both ways is nobody's fault; both take turns."""
    make_toy(tmp_path / "models", "says-a", "A")
    make_toy(tmp_path / "models", "says-b", "B")
    for source, turned, texts in (("wire_markers", [False, True, True], "AAH"), ("wire_markers_upsidedown", [True, False, True], "ABA")):
        (tmp_path / "tree" / source).mkdir(parents=True)
        rows = [f"{n}.png\t{text}\n" for n, text in enumerate(texts)]
        (tmp_path / "tree" / source / "dev.tsv").write_text("".join(rows))
        for n, way in enumerate(turned):
            (tmp_path / "tree" / source / f"{n}.png").write_bytes(picture(turned=way))
    lines = labelled(tmp_path / "tree", "dev")
    with ExitStack() as stack:
        pair = [contender(f"{tmp_path / 'models' / name}:fp16", stack) for name in ("says-a", "says-b")]
        both = [{line.key: reading for line, reading in read(lines, one.chain)} for one in pair]
        figures = {
            "right": right(lines, both, tmp_path / "tree"),
            "told": told(lines, both[0]),
            "rates": speed(pair, [str(line.path) for line in lines], 1),
        }
    assert figures["right"] == {"wire_markers": {"n": 3, "exact": [pytest.approx(1 / 3), 0]}}
    assert figures["told"]["wire_markers"] == {"n": 2, "told": 0.5, "apart": 1}
    assert figures["told"]["wire_markers_upsidedown"] == {"n": 3, "told": pytest.approx(2 / 3), "apart": 0}
    assert all(row["ratio"] > 0 for row in figures["rates"].values())
    assert "told in 0.500 of 2; 1 that read both ways are set apart" in "\n".join(told_as_text(["a", "b"], figures))
