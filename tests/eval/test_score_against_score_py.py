"""Our figures are those of `score.py`: of made-up predictions, so nothing is read here."""

import random
from pathlib import Path

import pytest

from edged.exam import told
from edged.exam.labelled import labelled
from edged.exam.rules import load_rules
from edged.exam.score import Answer, score
from tests.eval import score_py

RULES = Path(__file__).parents[2] / "scripts" / "labelled.rules.yaml"


def spoilt(text: str, rng: random.Random) -> str:
    """Right, or with other case, spaces, separators, characters."""
    changes = (
        str,
        str.swapcase,
        lambda one: one.replace(" ", "").replace("-", ""),
        lambda one: one.replace("0", "O").replace(".", ""),
        lambda one: one[1:] + rng.choice("x0。"),
        lambda one: "",
    )
    return rng.choices(changes, weights=(8, 2, 2, 2, 2, 1))[0](text)


@pytest.mark.eval
@score_py.needed
def test_every_figure_is_that_of_score_py(tmp_path: Path) -> None:
    """Each source's exact, case, cer; the means of the groups; the confidences, with ties; pictures without an answer."""
    rng, lines = random.Random(4), labelled(score_py.TREE)
    answers = {line.key: Answer(text=spoilt(line.text, rng), confidence=rng.choice((0.5, round(rng.random(), 6)))) for line in lines[::7]}
    answers |= {line.key: Answer(text=line.text, confidence=round(0.6 + 0.4 * rng.random(), 6)) for line in lines[1::2]}
    (tmp_path / "all.tsv").write_text(told.as_tsv(answers), encoding="utf8")
    ours, theirs = score(lines, answers, load_rules(RULES, score_py.TREE)), score_py.told_of(tmp_path / "all.tsv")
    assert set(ours.sources) == set(theirs["sources"])
    for source, figures in theirs["sources"].items():
        here = ours.sources[source]
        assert (here.n, here.not_read) == (figures["n"], figures["missing"])
        assert (here.exact, here.case, here.cer) == (figures["exact"], figures["case"], figures["cer"]), source
    for name, figures in theirs["summary"].items():
        if name != "confidence":
            assert ours.means["mean" if name == "headline" else name] == pytest.approx((figures["exact"], figures["cer"]))
    assert ours.trust is not None
    confidence = theirs["summary"]["confidence"]
    assert ours.trust.ece == pytest.approx(confidence["ece"])
    assert (ours.trust.wrong_at_95, ours.trust.cover_at_1) == (confidence["wrong@95"], confidence["cover@1"])
