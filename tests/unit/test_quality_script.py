"""What the measuring of the quality gate counts, and its picture."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from scripts.quality import KINDS, Step, curve, in_time
from scripts.quality_chart import Curve, chart

FINE, WRONG, SAID, BOTH = Step(False, True, False), Step(True, True, False), Step(False, True, True), Step(True, True, True)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([FINE, FINE], True),
        ([FINE, WRONG, SAID], False),
        ([SAID, WRONG], True),
        ([FINE, BOTH], True),
        ([FINE, Step(True, False, False), SAID], True),
    ],
)
def test_the_gate_must_speak_by_the_first_sure_error(series: list[Step], expected: bool) -> None:
    """With it is in time, after it is not; an error that is not sure is no trouble."""
    assert in_time(series) is expected


def test_what_the_gate_said_counts_from_then_on() -> None:
    """Only a sure error before its first word is left unsaid."""
    found = curve("blur", [[WRONG, SAID, WRONG], [SAID, WRONG, BOTH], [FINE, FINE, WRONG]])
    assert found.wrong_and_sure == (1 / 3, 1 / 3, 1)
    assert found.unsaid == (1 / 3, 0, 1 / 3)


@pytest.mark.parametrize("kind", KINDS)
def test_copies_get_worse_step_by_step(kind: str) -> None:
    """Each is farther from the line than the one before, and the same at each run."""
    worse, strengths = KINDS[kind]
    line = np.full((40, 120, 3), 150, np.uint8)
    line[10:30, 20:100:12] = 30
    far = [np.abs(worse(line, strength, np.random.default_rng(1)).astype(int) - line).mean() for strength in strengths]
    assert far == sorted(far)
    assert far[0] < far[-1]
    again = worse(line, strengths[3], np.random.default_rng(1))
    assert np.array_equal(worse(line, strengths[3], np.random.default_rng(1)), again)


def test_the_picture_has_a_field_for_each_kind() -> None:
    """Four curves in each, and it is well-formed whatever the title says."""
    curves = [
        Curve(name=name, strengths=(1, 2, 3), spoken=(0, 0.5, 1), wrong=(0, 0, 1), wrong_and_sure=(0, 0, 0.1), unsaid=(0, 0, 0))
        for name in "ab"
    ]
    svg = ET.fromstring(chart("Worse & worse", curves))
    assert len(svg.findall("{http://www.w3.org/2000/svg}polyline")) == 8
