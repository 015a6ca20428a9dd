"""A score as it is told: a table for people, JSON for programs, predictions for `score.py` and its like."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from edged.exam.alignment import worst
from edged.exam.score import Answer, Figures, Score
from edged.types import ModelRef

_WIDE = 26


def table(score: Score, turned: Mapping[str, int], confusions: int = 0) -> Iterator[str]:
    """A line for each source, each mean, and the confidences; then the commonest confusions.

    *turned*: by source, how many of those that were not read were told to stand upside down.
    """
    yield f"{'source':{_WIDE}}{'n':>6}{'exact':>8}{'case':>8}{'cer':>8}"
    for source, figures in score.sources.items():
        yield _row(source, figures, turned.get(source, 0))
    yield ""
    for name, (exact, cer) in score.means.items():
        yield f"{name:{_WIDE}}{'':6}{exact:8.3f}{'':8}{cer:8.3f}"
    if score.trust is not None:
        told = f"ece {score.trust.ece:.3f}, wrong among the surest 95 % {score.trust.wrong_at_95:.3f}"
        yield f"{'confidence':{_WIDE}}{told}, cover at 1 % wrong {score.trust.cover_at_1:.3f}"
    if confusions:
        yield ""
        yield f"commonest of {len(score.errors)} wrong characters (what stands there -> what was read)"
        for (true, read), count in worst(score.errors, confusions):
            yield f"  {_shown(true):>8} -> {_shown(read):8}{count:6}"


def _row(source: str, figures: Figures, turned: int) -> str:
    case = "-" if figures.case is None else f"{figures.case:.3f}"
    note = f"  {figures.not_read} not read" if figures.not_read else ""
    note += f", {turned} of them told upside down" if turned else ""
    return f"{source:{_WIDE}}{figures.n:6}{figures.exact:8.3f}{case:>8}{figures.cer:8.3f}{note}"


def _shown(character: str) -> str:
    return character or "nothing"


def as_json(score: Score, model: ModelRef, turned: Mapping[str, int], confusions: int) -> str:
    """Keys may be added later."""
    return json.dumps(
        {
            "model": asdict(model),
            "sources": {source: asdict(figures) for source, figures in score.sources.items()},
            "means": {name: {"exact": exact, "cer": cer} for name, (exact, cer) in score.means.items()},
            "upside_down": dict(turned),
            "confidence": score.trust and asdict(score.trust),
            "confusions": [{"true": true, "read": read, "n": n} for (true, read), n in worst(score.errors, confusions)],
        },
        ensure_ascii=False,
        indent=1,
    )


def as_tsv(answers: Mapping[str, Answer]) -> str:
    """`<source>/<path>` TAB text TAB confidence, without the pictures that were not read."""
    return "".join(f"{key}\t{answer.text}\t{answer.confidence:.6f}\n" for key, answer in answers.items())
