"""The exam: features of the labelled lines, computed once, and what a student makes of them."""

import argparse
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np
import torch

from edged.exam.labelled import labelled
from edged.tuning.lines import filled
from scripts.foundry.lesson import Drawn, save, taught, to_height
from scripts.foundry.network import Student
from scripts.foundry.pixels import opened
from scripts.foundry.shards import Charset
from scripts.foundry.teacher import Teacher

_AT_ONCE: Final = 32


def score_module(tree: Path) -> ModuleType:
    """`score.py` of the labelled pictures: the one definition of the figures."""
    spec = importlib.util.spec_from_file_location("score", tree / "score.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exact_by_source(score: ModuleType, lines: Iterable[tuple[str, str, str]]) -> dict[str, float]:
    """The share that is right of each source; *lines*: source, what was read, what stands there."""
    right: dict[str, list[bool]] = {}
    for source, text, truth in lines:
        right.setdefault(source, []).append(score.normalise(text, source) == score.normalise(truth, source))
    return {source: float(np.mean(found)) for source, found in right.items()}


class Exam:
    """All lines of a tree as features."""

    def __init__(self, path: Path, charset: Charset) -> None:
        """*path*: made by `python -m scripts.foundry.pupils`."""
        arrays = np.load(path)
        self._charset = charset
        self._front, self._starts = arrays["front"], arrays["starts"]
        self.keys, self.texts = [str(k) for k in arrays["kinds"]], [str(t) for t in arrays["texts"]]
        self._score = score_module(Path(str(arrays["tree"])))

    def answers(self, student: Student) -> list[tuple[str, float]]:
        """Text and mean posterior of its characters for every line."""
        student.eval()
        lengths = np.diff(self._starts)
        order = np.argsort(lengths)
        answers: list[tuple[str, float]] = [("", 0.0)] * len(order)
        with torch.inference_mode():
            for start in range(0, len(order), _AT_ONCE):
                group = order[start : start + _AT_ONCE]
                widest = int(lengths[group].max())
                front = torch.from_numpy(np.stack([filled(self._front[self._starts[i] : self._starts[i + 1]], widest) for i in group]))
                shares, best = student(front).softmax(2).max(2)
                for row, i in enumerate(group):
                    classes, sure = best[row, : lengths[i]].tolist(), shares[row, : lengths[i]].tolist()
                    kept = [s for c, b, s in zip(classes, [0, *classes], sure, strict=False) if c not in (b, 0)]
                    answers[int(i)] = (self._charset.decode(classes), float(np.mean(kept)) if kept else 0.0)
        return answers

    def figures(self, student: Student) -> dict[str, float]:
        """Headline, unseen and the groups."""
        return self.figures_of([text for text, _ in self.answers(student)])

    def figures_of(self, texts: list[str]) -> dict[str, float]:
        """The same for *texts* in the order of the lines."""
        score = self._score
        sources = [key.partition("/")[0] for key in self.keys]
        exact = exact_by_source(score, zip(sources, texts, self.texts, strict=True))
        figures = {group: float(np.mean([exact[s] for s in sources])) for group, sources in score.GROUPS.items()}
        headline = float(np.mean([exact[s] for s in score.HEADLINE]))
        unseen = float(np.mean([exact[s] for s in score.HEADLINE if s not in score.SEEN]))
        return {"headline": headline, "unseen": unseen} | figures | {"wire": exact["wire_markers"], "plate_cn": exact["plate_cn"]}


def main() -> None:
    """Compute the features of a tree of labelled lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--precision", default="f32")
    args = parser.parse_args()
    lines = [Drawn(image=to_height(opened(line.path)), text=line.text, kind=line.key) for line in labelled(args.tree, "dev")]
    print(f"{len(lines)} lines", file=sys.stderr)
    save(args.out, taught(Teacher(args.onnx, precision=args.precision), lines) | {"tree": np.array(str(args.tree))})


if __name__ == "__main__":
    main()
