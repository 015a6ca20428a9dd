"""The model card: what a model reads, how well, how fast, where it is from. Every figure is handed in, none is known here.

The figures are one JSON object, each part of it optional:

* `precisions`: by precision what `score.py --json` wrote (`sources`, `summary`);
* `told`: by source how often the way that a line stands is told, as `codes_bar` writes it (`n`, `told`, `apart`);
* `confusions`: rows of [what stands there, what is read, how often];
* `speed`: rows of [precision, width, milliseconds a line], and `speed_on`: the machine, threads and versions;
* `limits`: sentences of what it does not read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a card says of the kind of model: how it begins and how it ends, with the facts of `Origin` in braces."""

    intro: str
    origin: str


_CONFUSIONS: Final = 12  # in the table; the picture has more

GRAFTED: Final = Words(
    intro="""\
Text lines, Chinese and English, {classes:,} classes with the blank, to text. The first two thirds of the computing are the convolutions
of PP-OCRv6 small, as ONNX in the package `rapidocr`; {weights:,} weights are ours: the last stage of the convolutions, trained on
(`edged/shelf/tail.py`), a layer norm and two bidirectional LSTM layers in the place of its attention neck (`edged/shelf/neck.py`), and
the last layer. Input: bytes in BGR, 48 pixels high, normalised inside the graph.
""",
    origin="""\
* Convolutions: copyright Baidu and/or the PaddleOCR authors, converted to ONNX and distributed by the RapidOCR authors; Apache-2.0
  (`LICENSE`). Changed here: cut before their last stage, converted to OpenVINO IR, with eight bits where the precision is INT8.
* What is ours was trained by edged ({steps:,} steps in the last run) on drawn lines, on photographs of wire markers (Apache-2.0) and of
  Chinese plates (CCPD, MIT), and on what PP-OCRv6 small says of them; convolutions and last layer began as its own. Never trained on
  the labelled pictures that the figures are from. Apache-2.0. SHA-256 of the checkpoint: `{checkpoint_sha256}`
""",
)

CODES: Final = Words(
    intro="""\
Short codes of industry to text: printable ASCII and the symbols that stand beside it, {classes:,} classes with the blank. A small CRNN for
one core: separable convolutions, two bidirectional LSTM layers, CTC ({weights:,} weights). Input: bytes in BGR, 32 pixels high,
normalised inside the graph.

A line that stands upside down is told, not read: the class `charset.turned` of the manifest says so, and edged rejects the picture.
What reads both ways (916, S1, NO) counts as upright.
""",
    origin="""\
* Trained by edged from nothing ({steps:,} steps): first told by `crnn-zh-en` where each character stands, then on drawn lines and on
  photographs that may be trained on. Never trained on the labelled pictures that the figures are from. Apache-2.0 (`LICENSE`).
  SHA-256 of the checkpoint: `{checkpoint_sha256}`
""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of the weights."""

    steps: int  # of the optimiser
    checkpoint_sha256: str
    weights: int  # how many are ours
    classes: int  # with the blank
    words: Words = GRAFTED


def read_figures(*paths: Path | None) -> dict[str, Any]:
    """The figures of all files together; none without a file."""
    return {name: part for path in paths if path for name, part in json.loads(path.read_text(encoding="utf-8")).items()}


def card(name: str, origin: Origin, figures: Mapping[str, Any]) -> str:
    """The whole text."""
    facts = {"steps": origin.steps, "checkpoint_sha256": origin.checkpoint_sha256, "weights": origin.weights, "classes": origin.classes}
    parts = [f"# {name}\n\n{origin.words.intro.format(**facts)}"]
    if "limits" in figures:
        parts.append("## What it does not read\n\n" + "".join(f"* {limit}\n" for limit in figures["limits"]))
    if "precisions" in figures:
        parts.append(_accuracy(figures["precisions"]))
    if "told" in figures:
        rows = [(source, str(f["n"]), f"{f['told']:.3f}", str(f["apart"])) for source, f in figures["told"].items()]
        parts.append("## Which way up\n\n" + _table(("source", "n", "told", "read both ways, set apart"), rows))
    if "confusions" in figures:
        shown = map(_confusion, figures["confusions"][:_CONFUSIONS])
        parts.append(
            "## What it takes for what\n\n![the commonest confusions](confusions.svg)\n\n"
            + _table(("there stands", "it reads", "times"), shown)
        )
    if "speed" in figures:
        parts.append(_speed(figures["speed"], figures.get("speed_on", "")))
    parts.append(f"## Provenance and licence\n\n{origin.words.origin.format(**facts)}")
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
