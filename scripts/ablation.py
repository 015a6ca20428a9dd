"""Which preprocessing steps read how many labelled lines: each alone, all, none, and the default chain.

usage: ablation.py TREE SCORE_PY REFERENCE.tsv        prints a Markdown table

SCORE_PY is the definition of what counts as right (`normalise`, `HEADLINE`); REFERENCE.tsv comes from
reference_lines.py. Choices are made on the lines with an even CRC-32 of their key; the others confirm them.
"""

import argparse
import importlib.util
import time
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from edged.commands.evaluate import PLAIN, answer_of, read
from edged.commands.pictures import Chain, opened
from edged.config import ModelSection, PreprocessSection
from edged.exam.labelled import Labelled, labelled
from edged.flow.room import Admit, admit_all
from edged.generation import config_or_defaults
from edged.lib.beat import Beat, nothing
from edged.types import Laid, Pixels

STEPS = tuple(PreprocessSection.model_fields)


def variants() -> dict[str, PreprocessSection]:
    """Name and switches of every row."""
    none = dict.fromkeys(STEPS, False)
    rows = {"none": none} | {step: none | {step: True} for step in STEPS} | {"all": dict.fromkeys(STEPS, True)}
    rows["fade + deskew"] = none | {"fade": True, "deskew": True}
    rows["fade + invert"] = none | {"fade": True, "invert": True}
    return {name: PreprocessSection(**row) for name, row in rows.items()} | {"**default**": PreprocessSection()}


def load_score(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def chosen_on(key: str) -> bool:
    return zlib.crc32(key.encode()) % 2 == 0


class Scorer:
    """Right or wrong per line, against labels and against the reference."""

    def __init__(self, tree: Path, score: Any, reference: Path) -> None:
        self.score, self.lines = score, labelled(tree)
        self.labels = {line.key: line.text for line in self.lines}
        rows = (row.split("\t") for row in reference.read_text(encoding="utf8").splitlines())
        self.reference = self.right({row[0]: row[1] for row in rows})

    def right(self, texts: dict[str, str]) -> dict[str, bool]:
        def same(key: str, label: str) -> bool:
            source = key.partition("/")[0]
            return bool(self.score.normalise(label, source) == self.score.normalise(texts.get(key, ""), source))

        return {key: same(key, label) for key, label in self.labels.items()}

    def row(self, right: dict[str, bool]) -> str:
        per: dict[str, list[bool]] = {}
        for key, value in right.items():
            per.setdefault(key.partition("/")[0], []).append(value)
        headline = sum(sum(per[s]) / len(per[s]) for s in self.score.HEADLINE) / len(self.score.HEADLINE)
        net = Counter[str]()
        for key, value in right.items():
            net[key.partition("/")[0]] += value - self.reference[key]
        halves = [sum(right[k] - self.reference[k] for k in right if chosen_on(k) is half) for half in (True, False)]
        worst = min(net, key=lambda source: net[source])
        return (
            f"{headline:.4f} | {sum(right.values())} | {sum(net.values()):+d} | {halves[0]:+d} | {halves[1]:+d} | {worst} {net[worst]:+d}"
        )


def texts_of(lines: list[Labelled], chain: Chain) -> tuple[dict[str, str], float]:
    """What is read, and the processor's seconds from bytes to lines."""
    steps, spent = chain.reader.steps, [0.0]

    def decode(data: bytes, admit: Admit = admit_all, /) -> Pixels:
        spent[0] -= time.thread_time()
        return steps.decode(data, admit)

    def layout(image: Pixels, beat: Beat = nothing, /) -> Laid:
        found = steps.layout(image, beat)
        spent[0] += time.thread_time()
        return found

    chain = replace(chain, reader=replace(chain.reader, steps=replace(steps, decode=decode, layout=layout)))
    answers = {line.key: answer_of(reading) for line, reading in read(lines, chain)}
    return {key: answer.text for key, answer in answers.items() if answer}, spent[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--model", default=None, help="a model of the shelf (default: the configuration's)")
    parser.add_argument("--only", nargs="*", help="rows to measure")
    arguments = parser.parse_args()
    scorer, loaded = Scorer(arguments.tree, load_score(arguments.score), arguments.reference), config_or_defaults(None)
    model = ModelSection(name=arguments.model or loaded.config.model.name)
    print(
        "| steps | headline | right | net | fitted half | other half | worst source | ms a line |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for name, section in variants().items():
        if arguments.only and name not in arguments.only:
            continue
        with opened(loaded, PLAIN.model_copy(update={"preprocess": section}), model) as chain:
            texts, seconds = texts_of(scorer.lines, chain)
        print(f"| {name} | {scorer.row(scorer.right(texts))} | {seconds * 1000 / len(scorer.lines):.2f} |", flush=True)


if __name__ == "__main__":
    main()
