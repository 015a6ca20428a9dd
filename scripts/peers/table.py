"""What came of the comparison, as Markdown and as JSON."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from edged.exam.labelled import Labelled
from edged.exam.rules import Rules
from edged.exam.score import Answer, score
from scripts.peers.turns import Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One peer. With a problem, nothing else is told."""

    name: str
    ours: bool
    problem: str = ""
    version: str = ""
    settings: str = ""
    headline: float = 0.0  # exact, mean of the sources
    unseen: float | None = None  # likewise, without the sources whose kind may be trained on
    case: float | None = None  # mean of the sources whose labels keep it
    cer: float = 0.0
    per_second: float = 0.0  # lines; of the round in the middle
    cpu_ms: float = 0.0  # a line; likewise
    memory_mib: float = 0.0
    sources: Mapping[str, float] | None = None  # exact


def row_of(measured: Measured, lines: Sequence[Labelled], rules: Rules) -> Row:
    """Its texts, scored; its rounds, summed up."""
    if measured.problem:
        return Row(name=measured.name, ours=measured.ours, problem=measured.problem)
    answers = {line.key: Answer(text=text, confidence=0.0) for line, text in zip(lines, measured.texts, strict=True)}
    found = score(lines, answers, rules)
    case = [figures.case for source, figures in found.sources.items() if figures.case is not None and source not in rules.apart]
    return Row(
        name=measured.name,
        ours=measured.ours,
        version=measured.version,
        settings=measured.settings,
        headline=found.means["mean"][0],
        unseen=found.means.get("unseen", (None,))[0],
        case=statistics.mean(case) if case else None,
        cer=found.means["mean"][1],
        per_second=len(lines) / statistics.median(measured.seconds),
        cpu_ms=statistics.median(measured.cpu) * 1000 / len(lines),
        memory_mib=measured.memory_mib,
        sources={source: figures.exact for source, figures in found.sources.items()},
    )


def markdown(rows: Sequence[Row], note: str) -> Iterator[str]:
    """The figures, then the settings of each, then who did not run."""
    yield note
    yield ""
    yield "| recogniser | exact, headline | unseen | case | CER | lines a second | CPU ms a line | memory, MiB |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        if not row.problem:
            name = f"**{row.name}**" if row.ours else row.name
            yield (
                f"| {name} | {row.headline:.3f} | {_share(row.unseen)} | {_share(row.case)} | {row.cer:.3f} "
                f"| {row.per_second:.1f} | {row.cpu_ms:.1f} | {row.memory_mib:.0f} |"
            )
    yield ""
    for row in rows:
        yield f"* {row.name}: not measured: {row.problem}" if row.problem else f"* {row.name}: {row.version}; {row.settings}"


def as_data(rows: Sequence[Row], note: str) -> dict[str, object]:
    """For programs."""
    return {"note": note, "rows": [asdict(row) for row in rows]}


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
