"""Train a student on lessons; goes on from its last checkpoint.

usage: python -m scripts.foundry.train RUN --lessons DIR [DIR …] --eval FILE --onnx FILE [--epochs 6] [--hidden 128] [--cuda]

RUN gets `last.pt` (all that is needed to go on), `best.pt` (the student with the best headline), `card.json` and `curves.png`.
The loss (distillation: Hinton, Vinyals and Dean, 2015, arXiv:1503.02531; CTC: Graves et al., 2006):
cross entropy to the teacher's posteriors, heavier where it saw a character, on lines that the teacher read right;
the squared error of the neck's output; CTC to the truth, on all lines.
"""

import argparse
import copy
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from scripts.foundry.network import Shape, Student
from scripts.foundry.pupils import Exam
from scripts.foundry.shards import Batch, Charset, Lessons
from scripts.foundry.teacher import characters, head

HERE: Final = Path(__file__).parent
_WARM_UP: Final = 300
_THOUGHT_OF: Final = 4.0  # nats under the best class


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Of the parts of the loss."""

    teacher: float = 1.0
    neck: float = 0.5
    ctc: float = 0.5
    doubtful: float = 0.1  # of the teacher where it was wrong
    chance: int = 512  # classes that are looked at by chance
    hopeless: float = 6.0  # nats per character that CTC counts at most: some drawn lines nobody can read


def loss_of(student: Student, teacher: nn.Linear, batch: Batch, weights: Weights) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, per line, and its parts; *teacher* is the last linear layer of the teacher.

    Only the classes that matter to the batch are looked at: of the labels, of what the teacher thinks of, and some by chance
    (sampled softmax: Jean et al., 2015, arXiv:1412.2007).
    """
    neck = student.neck(batch.convolved, batch.skip)
    with torch.no_grad():
        told = teacher(batch.neck)
        sure, best = told.max(2)
        thought = (told > sure[:, :, None] - _THOUGHT_OF).view(-1, told.shape[2]).any(0)
        thought[batch.labels] = True
        thought[0] = True
        thought[torch.randint(0, len(thought), (weights.chance,))] = True
        classes = thought.nonzero()[:, 0]
        shares = told[:, :, classes].softmax(2)
        real = _real(best, batch)
        trust = torch.where(read_right(best, batch), 1.0, weights.doubtful)[:, None] * real
        heavy = trust * (1.1 - torch.where(best == 0, shares[:, :, 0], 0.0))
        labels = torch.searchsorted(classes, batch.labels)
    logs = functional.log_softmax(functional.linear(neck, student.head.weight[classes], student.head.bias[classes]), dim=2)
    taught = -(heavy[:, :, None] * shares * logs).sum() / heavy.sum().clamp(min=1)
    error = ((neck - batch.neck).square().mean(2) * trust).sum() / trust.sum().clamp(min=1)
    ctc = functional.ctc_loss(logs.transpose(0, 1), labels, batch.lengths, batch.label_lengths, reduction="none", zero_infinity=True)
    read = (ctc / batch.label_lengths.clamp(min=1)).clamp(max=weights.hopeless).mean()
    total = weights.teacher * taught + weights.neck * error + weights.ctc * read
    return total, {"teacher": taught.item(), "neck": error.item(), "ctc": read.item()}


def read_right(best: Tensor, batch: Batch) -> Tensor:
    """Which lines the teacher read right, spaces aside, by its *best* classes, N x T."""
    before = functional.pad(best, (1, 0))[:, :-1]
    kept = (best != before) & (best != 0) & (best != batch.space)
    labels = batch.labels.split(batch.label_lengths.tolist())
    found = [row[keep] for row, keep in zip(best, kept & _real(best, batch), strict=True)]
    return torch.tensor([torch.equal(f, label[label != batch.space]) for f, label in zip(found, labels, strict=True)])


def _real(steps: Tensor, batch: Batch) -> Tensor:
    return torch.arange(steps.shape[1]) < batch.lengths[:, None]


class Run:
    """One training with its folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.folder = args, args.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.charset = Charset((HERE / "charset.txt").read_text(encoding="utf-8").split("\n")[:-1], characters(args.onnx))
        self.student = Student(Shape(hidden=args.hidden, classes=len(self.charset)))
        weight, bias = head(args.onnx, self.charset.origin)
        self.student.begin_with(weight, bias)
        self.teacher = copy.deepcopy(self.student.head).requires_grad_(requires_grad=False)
        self._lacking(self.charset.origin < 0)
        groups = [{"params": [p for n, p in self.student.named_parameters() if not n.startswith("head")], "lr": args.rate}]
        groups += [{"params": self.student.head.parameters(), "lr": args.rate * args.head_rate}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        self.rates = [g["lr"] for g in groups]
        self.step, self.epoch, self.best = 0, 0, 0.0
        self.history: list[dict[str, float]] = []
        self._go_on()

    def _lacking(self, classes: NDArray[np.bool_]) -> None:
        """The teacher says nothing of the classes that it lacks."""
        self.teacher.bias[torch.from_numpy(classes)] = -1e4

    def _go_on(self) -> None:
        path = self.folder / "last.pt"
        start = path if path.exists() else self.args.start
        if start:
            state = torch.load(start, weights_only=False)
            self.student.load_state_dict(state["student"]["weights"])
            if path.exists():
                self.optimiser.load_state_dict(state["optimiser"])
                self.step, self.epoch, self.best, self.history = state["step"], state["epoch"], state["best"], state["history"]

    def save(self, name: str) -> None:
        """Write a checkpoint whole or not at all."""
        state: dict[str, Any] = {"student": self.student.checkpoint(), "optimiser": self.optimiser.state_dict(), "step": self.step}
        state |= {"epoch": self.epoch, "best": self.best, "history": self.history, "args": vars(self.args)}
        partial = self.folder / f"{name}.part"
        torch.save(state, partial)
        partial.rename(self.folder / name)

    def train(self) -> None:
        """All epochs."""
        paths = sorted(p for folder in self.args.lessons for p in folder.glob("*.npz"))
        lessons = Lessons(paths, self.charset)
        exam = Exam(self.args.eval, self.charset) if self.args.eval else None
        weights = Weights(teacher=self.args.teacher, neck=self.args.neck, ctc=self.args.ctc)
        while self.epoch < self.args.epochs:
            rng = np.random.default_rng([self.args.seed, self.epoch])
            self._epoch(lessons, rng, weights)
            self.epoch += 1
            if exam:
                figures = exam.figures(self.student)
                self.history[-1] |= figures
                print(f"epoch {self.epoch}: " + "  ".join(f"{k} {v:.4f}" for k, v in self.history[-1].items()), flush=True)
                if figures["headline"] > self.best:
                    self.best = figures["headline"]
                    self.save("best.pt")
            self.save("last.pt")
            self._card(len(lessons.texts))

    def _epoch(self, lessons: Lessons, rng: np.random.Generator, weights: Weights) -> None:
        self.student.train()
        sums: dict[str, float] = {}
        count, lines, begun = 0, 0, time.monotonic()
        bar = tqdm(total=len(lessons.texts), unit="line", mininterval=5)
        for batch in lessons.batches(rng):
            factor = min(1.0, (self.step + 1) / _WARM_UP) * _cosine((self.epoch + lines / len(lessons.texts)) / self.args.epochs)
            for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
                group["lr"] = rate * factor
            loss, parts = loss_of(self.student, self.teacher, batch, weights)
            self.optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.student.parameters(), 2.0)
            self.optimiser.step()
            self.step, count, lines = self.step + 1, count + 1, lines + len(batch.lengths)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0) + value
            bar.update(len(batch.lengths))
            bar.set_postfix({n: f"{v / count:.3f}" for n, v in sums.items()}, refresh=False, headline=f"{self.best:.3f}")
        self.history.append({n: v / count for n, v in sums.items()} | {"lines_per_second": lines / (time.monotonic() - begun)})

    def _card(self, lines: int) -> None:
        card = {
            "lines": lines,
            "classes": len(self.charset),
            "hidden": self.args.hidden,
            "seed": self.args.seed,
            "torch": torch.__version__,
        }
        card |= {"python": platform.python_version(), "history": self.history, "lessons": [str(p.name) for p in self.args.lessons]}
        (self.folder / "card.json").write_text(json.dumps(card, indent=1), encoding="utf-8")


def _cosine(progress: float) -> float:
    return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(1.0, progress))))


def main() -> None:
    """Parse and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--lessons", type=Path, nargs="+", required=True)
    parser.add_argument("--eval", type=Path)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a checkpoint to begin with")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--head-rate", type=float, default=0.1)
    parser.add_argument("--teacher", type=float, default=1.0)
    parser.add_argument("--neck", type=float, default=0.5)
    parser.add_argument("--ctc", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    Run(args).train()


if __name__ == "__main__":
    main()
