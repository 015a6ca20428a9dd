"""The drawing of a training's curves."""

import xml.etree.ElementTree as ET

from scripts.foundry.curves import svg

_SPACE = "{http://www.w3.org/2000/svg}"
HISTORY = [{"ctc": 6.0, "headline": 0.1, "lines_per_second": 40.0}, {"ctc": 0.6, "headline": 0.5, "lines_per_second": 41.0}]


def test_each_figure_is_a_line_with_its_last_value() -> None:
    """Losses above, shares below, what is neither is left out; names stand with what they came to."""
    root = ET.fromstring(svg(HISTORY, losses=["ctc"], title="run <1>"))
    assert len(root.findall(f"{_SPACE}polyline")) == 2
    words = [text.text for text in root.findall(f"{_SPACE}text")]
    assert "run <1>" in words
    assert "ctc 0.6" in words
    assert "headline 0.5" in words
    assert not any(word and word.startswith("lines_per_second") for word in words)


def test_a_loss_that_falls_goes_down() -> None:
    """A tenth of the loss is a whole decade lower."""
    root = ET.fromstring(svg(HISTORY, losses=["ctc"], title=""))
    line = root.find(f"{_SPACE}polyline")
    assert line is not None
    first, last = (float(point.split(",")[1]) for point in line.attrib["points"].split())
    assert last - first > 100


def test_one_epoch_is_a_point() -> None:
    """The first card of a run has its picture, too."""
    root = ET.fromstring(svg(HISTORY[:1], losses=["ctc"], title=""))
    assert len(root.findall(f"{_SPACE}circle")) == 2
