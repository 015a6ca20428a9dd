"""Train a student on lessons; goes on from its last checkpoint.

usage: python -m scripts.foundry.train RUN --lessons DIR [DIR …] --eval FILE --onnx FILE [--epochs 6] [--hidden 128] [--cuda]

RUN gets `last.pt` (all that is needed to go on), `best.pt` (the student with the best headline), `card.json` and `curves.svg`.
The loss (distillation: Hinton, Vinyals and Dean, 2015, arXiv:1503.02531; CTC: Graves et al., 2006):
cross entropy to the teacher's posteriors, heavier where it saw a character, on lines that the teacher read right;
the squared error of the neck's output; CTC to the truth, on all lines.
"""

import argparse
import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scripts.foundry import charset
from scripts.foundry.loop import Loop, Losses, device_of, names, on
from scripts.foundry.network import Shape, Student
from scripts.foundry.pupils import Exam
from scripts.foundry.shards import Batch, Charset, Lessons
from scripts.foundry.teacher import characters

HERE: Final = Path(__file__).parent
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
    neck = student.neck(batch.front)
    with torch.no_grad():
        told = teacher(batch.neck)
        sure, best = told.max(2)
        thought = (told > sure[:, :, None] - _THOUGHT_OF).view(-1, told.shape[2]).any(0)
        thought[batch.labels] = True
        thought[0] = True
        thought[torch.randint(0, len(thought), (weights.chance,), device=thought.device)] = True
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
    return torch.tensor([torch.equal(f, label[label != batch.space]) for f, label in zip(found, labels, strict=True)], device=best.device)


def _real(steps: Tensor, batch: Batch) -> Tensor:
    return torch.arange(steps.shape[1], device=steps.device) < batch.lengths[:, None]


class Run:
    """One training with its folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.device = device_of(cuda=args.cuda)
        self.charset = Charset(charset.load(), characters(args.onnx))
        self.student = Student(Shape(hidden=args.hidden, classes=len(self.charset)))
        self.student.begin_with(args.onnx, self.charset.origin)
        self.student.bf16 = args.bf16
        self.student.to(self.device)
        self.teacher = copy.deepcopy(self.student.head).requires_grad_(requires_grad=False)
        self._lacking(self.charset.origin < 0)
        parts = self.student.norm, self.student.rnn, self.student.back
        groups = [{"params": [p for part in parts for p in part.parameters()], "lr": args.rate}]
        groups += [{"params": list(self.student.head.parameters()), "lr": args.rate * args.head_rate}]
        groups += [{"params": list(self.student.tail.parameters()), "lr": args.rate * args.tail_rate}] if args.tail_rate else []
        self.student.tail.requires_grad_(requires_grad=bool(args.tail_rate))
        facts = {"lessons": names(args.lessons), "classes": len(self.charset), "hidden": args.hidden, "seed": args.seed}
        self.loop = Loop(
            folder=args.run, pupil=self.student, groups=groups, epochs=args.epochs, facts=facts, start=args.start, warm_up=args.warm_up
        )

    def _lacking(self, classes: NDArray[np.bool_]) -> None:
        """The teacher says nothing of the classes that it lacks."""
        self.teacher.bias[torch.from_numpy(classes)] = -1e4

    def train(self) -> None:
        """All epochs."""
        lessons = Lessons(sorted(p for folder in self.args.lessons for p in folder.glob("*.npz")), self.charset)
        exam = Exam(self.args.eval, self.charset) if self.args.eval else None
        weights = Weights(teacher=self.args.teacher, neck=self.args.neck, ctc=self.args.ctc)
        self.loop.facts["lines"] = len(lessons.texts)

        def loss(batch: Batch) -> Losses:
            total, parts = loss_of(self.student, self.teacher, on(batch, self.device), weights)
            return Losses(total=total, parts=parts, lines=len(batch.lengths))

        self.loop.run(
            lambda epoch: lessons.batches(np.random.default_rng([self.args.seed, epoch])),
            loss,
            (lambda: self._figures(exam)) if exam else None,
            len(lessons.texts),
        )

    def _figures(self, exam: Exam) -> dict[str, float]:
        """The exam is taken on the CPU, as on the box."""
        figures = exam.figures(self.student.cpu())
        self.student.to(self.device)
        return figures


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("run", type=Path)
    found.add_argument("--lessons", type=Path, nargs="+", required=True)
    found.add_argument("--eval", type=Path)
    found.add_argument("--onnx", type=Path, required=True)
    found.add_argument("--start", type=Path, help="a checkpoint to begin with")
    found.add_argument("--epochs", type=int, default=6)
    found.add_argument("--hidden", type=int, default=128)
    found.add_argument("--warm-up", type=int, default=300, help="steps in which the rate rises")
    found.add_argument("--rate", type=float, default=2e-3)
    found.add_argument("--head-rate", type=float, default=0.1)
    found.add_argument(
        "--tail-rate", type=float, default=0.1, help="of the convolutions' last stage, beside the neck's; 0 leaves it as it is"
    )
    found.add_argument("--teacher", type=float, default=1.0)
    found.add_argument("--neck", type=float, default=0.5)
    found.add_argument("--ctc", type=float, default=0.5)
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--bf16", action="store_true", help="compute the convolutions in bf16")
    found.add_argument("--cuda", action="store_true", help="train on a GPU")
    return found


def train(args: argparse.Namespace) -> Loop:
    """All epochs that are left."""
    torch.manual_seed(args.seed)
    run = Run(args)
    run.train()
    return run.loop


if __name__ == "__main__":
    train(parser().parse_args())
