"""Right or wrong. The definitions are those of `score.py` of the labelled pictures that this project is measured with.

exact      share of lines that are right after `Rules.normalise`
case       likewise, and case counts; None where the labels do not keep it
cer        edit distance by length of the label, as in `exact`; a label without characters counts as one
mean       of the sources that are not apart, each counting the same
ece        expected calibration error: 15 bins of equal counts, over all lines of these sources
wrong@95   share of wrong among the surest 95 % (equal confidences are one threshold)
cover@1    the largest share of the surest with at most 1 % wrong among them

A picture that was not read is wrong, with confidence 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Final

from edged.exam.alignment import Pair, errors
from edged.exam.labelled import Labelled
from edged.exam.rules import Rules

_BINS: Final = 15
_ACCEPTED: Final = 0.95
_WRONG: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was read of one picture."""

    text: str
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """One line, compared."""

    source: str
    exact: bool
    case: bool
    confidence: float
    edits: int
    length: int  # of the label, at least 1
    errors: tuple[Pair, ...]  # where the labels keep the case, it counts
    read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one source."""

    n: int
    exact: float
    case: float | None
    cer: float
    not_read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the confidences are worth."""

    ece: float
    wrong_at_95: float
    cover_at_1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Everything that is told of a model."""

    sources: Mapping[str, Figures]
    means: Mapping[str, tuple[float, float]]  # exact and cer, of each group that has a source here, then of all as `mean`
    trust: Trust | None  # None where every source is apart
    errors: tuple[Pair, ...]  # of all sources


def score(lines: Iterable[Labelled], answers: Mapping[str, Answer], rules: Rules) -> Score:
    """Compare; *answers* by `Labelled.key`, those that are not there were not read."""
    marked: dict[str, list[Marked]] = {}
    for line in lines:
        marked.setdefault(line.source, []).append(_mark(line, answers.get(line.key), rules))
    figures = {source: _figures(of_one, kept=source not in rules.caseless) for source, of_one in marked.items()}
    counted = [source for source in figures if source not in rules.apart]
    groups = {name: [source for source in figures if source in members] for name, members in rules.groups.items()} | {"mean": counted}
    return Score(
        sources=figures,
        means={name: _mean([figures[source] for source in sources]) for name, sources in groups.items() if sources},
        trust=trust([(one.confidence, one.exact) for source in counted for one in marked[source]]) if counted else None,
        errors=tuple(pair for of_one in marked.values() for one in of_one for pair in one.errors),
    )


def _mark(line: Labelled, answer: Answer | None, rules: Rules) -> Marked:
    got = answer or Answer(text="", confidence=0.0)
    want, read = (rules.normalise(text, line.source) for text in (line.text, got.text))
    cased = [rules.normalise(text, line.source, fold=False) for text in (line.text, got.text)]
    found = errors(want, read)
    return Marked(
        source=line.source,
        exact=want == read,
        case=cased[0] == cased[1],
        confidence=got.confidence,
        edits=len(found),
        length=max(1, len(want)),
        errors=tuple(found if line.source in rules.caseless else errors(*cased)) if answer else (),
        read=answer is not None,
    )


def _figures(marked: Sequence[Marked], *, kept: bool) -> Figures:
    return Figures(
        n=len(marked),
        exact=sum(one.exact for one in marked) / len(marked),
        case=sum(one.case for one in marked) / len(marked) if kept else None,
        cer=sum(one.edits for one in marked) / sum(one.length for one in marked),
        not_read=sum(not one.read for one in marked),
    )


def _mean(sources: Sequence[Figures]) -> tuple[float, float]:
    return mean(one.exact for one in sources), mean(one.cer for one in sources)


def trust(pairs: Sequence[tuple[float, bool]]) -> Trust:
    """Of (confidence, right) of every line, at least one."""
    ranked = sorted(pairs, key=lambda pair: -pair[0])
    n = len(ranked)
    bins = [ranked[b * n // _BINS : (b + 1) * n // _BINS] for b in range(_BINS)]
    wrong, cover, wrong_at_95 = 0, 0.0, None
    for accepted, (confidence, right) in enumerate(ranked, 1):
        wrong += not right
        if accepted < n and ranked[accepted][0] == confidence:
            continue
        if confidence > 0 and wrong / accepted <= _WRONG:
            cover = accepted / n
        if wrong_at_95 is None and accepted >= _ACCEPTED * n:
            wrong_at_95 = wrong / accepted
    assert wrong_at_95 is not None  # the last line accepts all
    return Trust(
        ece=sum(abs(sum(confidence for confidence, _ in part) - sum(right for _, right in part)) for part in bins) / n,
        wrong_at_95=wrong_at_95,
        cover_at_1=cover,
    )
