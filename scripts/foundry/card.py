"""The model card: what a model reads, how well, how fast, where it is from. Every figure is handed in, none is known here.

The figures are one JSON object, each part of it optional:

* `precisions`: by precision what `score.py --json` wrote (`sources`, `summary`);
* `confusions`: rows of [what stands there, what is read, how often];
* `speed`: rows of [precision, width, milliseconds a line], and `speed_on`: the machine, threads and versions;
* `limits`: sentences of what it does not read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_INTRO: Final = """\
# {name}

Text lines, Chinese and English, {classes:,} classes with the blank, to text. The convolutions are those of PP-OCRv6 small, as ONNX in the
package `rapidocr`; a layer norm, two bidirectional LSTM layers and two linear layers of our own ({weights:,} weights) take the place of its
attention neck (`edged/shelf/neck.py`). Input: bytes in BGR, 48 pixels high, normalised inside the graph.
"""

_ORIGIN: Final = """\
## Provenance and licence

* Convolutions: copyright Baidu and/or the PaddleOCR authors, converted to ONNX and distributed by the RapidOCR authors; Apache-2.0
  (`LICENSE`). Changed here: cut where the neck begins, converted to OpenVINO IR, with eight bits where the precision is INT8.
* Neck and last layer: trained by edged ({steps:,} steps) on drawn lines and on what PP-OCRv6 small says of them; the last layer began
  as its own. Never trained on the labelled pictures that the figures are from. Apache-2.0. SHA-256 of the checkpoint:
  `{checkpoint_sha256}`
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of the weights."""

    steps: int  # of the optimiser
    checkpoint_sha256: str
    weights: int  # how many are ours
    classes: int  # with the blank


def read_figures(path: Path | None) -> dict[str, Any]:
    """The figures; none without a file."""
    return json.loads(path.read_text(encoding="utf-8")) if path else {}


def card(name: str, origin: Origin, figures: Mapping[str, Any]) -> str:
    """The whole text."""
    facts = {"steps": origin.steps, "checkpoint_sha256": origin.checkpoint_sha256, "weights": origin.weights, "classes": origin.classes}
    parts = [_INTRO.format(name=name, **facts)]
    if "limits" in figures:
        parts.append("## What it does not read\n\n" + "".join(f"* {limit}\n" for limit in figures["limits"]))
    if "precisions" in figures:
        parts.append(_accuracy(figures["precisions"]))
    if "confusions" in figures:
        parts.append(
            "## What it takes for what\n\n" + _table(("there stands", "it reads", "times"), map(_confusion, figures["confusions"]))
        )
    if "speed" in figures:
        parts.append(_speed(figures["speed"], figures.get("speed_on", "")))
    parts.append(_ORIGIN.format(**facts))
    return "\n".join(parts)


def _accuracy(precisions: Mapping[str, Any]) -> str:
    """Per group and per source the share of lines that are right, and the share of characters that are wrong."""
    rows = []
    for kind, figure in (("summary", "cer"), ("sources", "cer")):
        named: dict[str, Any] = next(iter(precisions.values()))[kind]
        for source in (s for s, found in named.items() if "exact" in found):
            found = [p[kind][source] for p in precisions.values()]
            cells = [f"{share:.3f}" for f in found for share in (f["exact"], f[figure])]
            rows.append((f"**{source}**" if kind == "summary" else source, str(found[0].get("n", "")), *cells))
    head = [f"{p} {what}" for p in precisions for what in ("exact", "cer")]
    return "## Lines read right\n\nReal crops, greedy CTC; `score.py` defines the figures.\n\n" + _table(("source", "n", *head), rows)


def _speed(rows: Iterable[Sequence[Any]], machine: str) -> str:
    """One row per width, one column per precision."""
    times = {(str(p), int(w)): float(ms) for p, w, ms in rows}
    precisions = list(dict.fromkeys(p for p, _ in times))
    lines = [(str(w), *(f"{times[p, w]:.2f}" if (p, w) in times else "" for p in precisions)) for w in sorted({w for _, w in times})]
    return f"## Milliseconds a line, by width\n\n{machine}\n\n" + _table(("width", *precisions), lines)


def _confusion(row: Sequence[Any]) -> tuple[str, ...]:
    there, read, times = row
    return (_code(there), _code(read), str(times))


def _code(text: str) -> str:
    """A bar would end the cell; nothing at all is said."""
    return f"`{text}`".replace("|", "\\|") if text else "nothing"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
