"""Train a student on lessons; goes on from its last checkpoint.

usage: python -m scripts.foundry.train RUN --lessons DIR [DIR …] --eval FILE --onnx FILE [--epochs 6] [--hidden 128] [--cuda]

RUN gets `last.pt` (all that is needed to go on), `best.pt` (the student with the best headline), `card.json` and `curves.png`.
The loss (distillation: Hinton, Vinyals and Dean, 2015, arXiv:1503.02531; CTC: Graves et al., 2006):
cross entropy to the teacher's posteriors, heavier where it saw a character, on lines that the teacher read right;
the squared error of the neck's output; CTC to the truth, on all lines.
"""

import argparse
import json
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from scripts.foundry.network import Shape, Student
from scripts.foundry.pupils import Exam
from scripts.foundry.shards import Batch, Charset, Lessons
from scripts.foundry.teacher import characters, head

HERE: Final = Path(__file__).parent
_WARM_UP: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Of the parts of the loss."""

    teacher: float = 1.0
    neck: float = 0.5
    ctc: float = 0.5
    doubtful: float = 0.1  # of the teacher where it was wrong


def loss_of(student: Student, batch: Batch, weights: Weights) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch, per line, and its parts."""
    neck = student.neck(batch.convolved, batch.skip)
    logs = functional.log_softmax(student.head(neck), dim=2)
    real = torch.arange(logs.shape[1]) < batch.lengths[:, None]
    trust = torch.where(batch.trusted, 1.0, weights.doubtful)[:, None] * real
    blank = torch.where(batch.classes[:, :, 0] == 0, batch.shares[:, :, 0], 0.0)
    heavy = trust * (0.1 + (1 - blank))
    cross = -(batch.shares * logs.gather(2, batch.classes)).sum(2)
    taught = (heavy * cross).sum() / heavy.sum().clamp(min=1)
    error = ((neck - batch.neck).square().mean(2) * trust).sum() / trust.sum().clamp(min=1)
    ctc = functional.ctc_loss(logs.transpose(0, 1), batch.labels, batch.lengths, batch.label_lengths, reduction="none", zero_infinity=True)
    told = (ctc / batch.label_lengths.clamp(min=1)).mean()
    total = weights.teacher * taught + weights.neck * error + weights.ctc * told
    return total, {"teacher": float(taught), "neck": float(error), "ctc": float(told)}


class Run:
    """One training with its folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.folder = args, args.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.charset = Charset((HERE / "charset.txt").read_text(encoding="utf-8").split("\n")[:-1], characters(args.onnx))
        self.student = Student(Shape(hidden=args.hidden, classes=len(self.charset)))
        self.student.begin_with(*head(args.onnx, self.charset.origin))
        groups = [{"params": [p for n, p in self.student.named_parameters() if not n.startswith("head")], "lr": args.rate}]
        groups += [{"params": self.student.head.parameters(), "lr": args.rate * args.head_rate}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        self.rates = [g["lr"] for g in groups]
        self.step, self.epoch, self.best = 0, 0, 0.0
        self.history: list[dict[str, float]] = []
        self._go_on()

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
            loss, parts = loss_of(self.student, batch, weights)
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.student.parameters(), 2.0)
            self.optimiser.step()
            self.step, count, lines = self.step + 1, count + 1, lines + len(batch.lengths)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0) + value
            bar.update(len(batch.lengths))
            bar.set_postfix({n: f"{v / count:.3f}" for n, v in sums.items()}, refresh=False, headline=f"{self.best:.3f}")
        self.history.append({n: v / count for n, v in sums.items()} | {"lines_per_second": lines / (time.monotonic() - begun)})

    def _card(self, lines: int) -> None:
        card = {"lines": lines, "classes": len(self.charset), "hidden": self.args.hidden, "seed": self.args.seed, "torch": torch.__version__}
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
