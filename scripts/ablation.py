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
from pathlib import Path
from typing import Any

from eval_lines import MODEL, ROOT, Chain, labelled, prepared

from edged.config import PreprocessSection
from edged.flow.decode import limit_threads
from edged.flow.model_files import load_model

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
        self.score, self.labels = score, dict(labelled(tree))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--only", nargs="*", help="rows to measure")
    arguments = parser.parse_args()
    limit_threads(1)
    scorer = Scorer(arguments.tree, load_score(arguments.score), arguments.reference)
    chain = Chain(load_model([ROOT / "models"], MODEL))
    print(
        "| steps | headline | right | net | fitted half | other half | worst source | ms a line |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for name, section in variants().items():
        if arguments.only and name not in arguments.only:
            continue
        begun = time.process_time()
        lines = prepared(arguments.tree, scorer.labels, section, chain.model.manifest.input.height)
        seconds = time.process_time() - begun
        texts = {key: transcript.text for key, transcript in chain.read(lines).items()}
        print(f"| {name} | {scorer.row(scorer.right(texts))} | {seconds * 1000 / len(lines):.2f} |", flush=True)


if __name__ == "__main__":
    main()
