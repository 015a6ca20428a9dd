"""What every training of the foundry has in common: rates, checkpoints, the bar, the card with its curves.

A run's folder gets `last.pt` (all that is needed to go on), `best.pt` (the best headline), `card.json` and `curves.svg`.
"""

import json
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.foundry import curves

_STRONGEST: Final = 2.0  # norm of the gradient

Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What the loop wants to know of a batch."""

    total: Tensor
    parts: dict[str, float]
    lines: int


@dataclass(slots=True, kw_only=True)
class Loop:
    """One training with its folder; it goes on from the last checkpoint it finds there."""

    folder: Path
    pupil: nn.Module  # with a `checkpoint` that says what makes it again
    groups: list[dict[str, Any]]  # of parameters, with their rates
    epochs: int
    facts: dict[str, Any]  # for the card: data, seeds, sizes
    start: Path | None = None  # a checkpoint to begin with
    warm_up: int = 300  # steps
    until: int | None = None  # the epoch after which it stops, to go on another time
    compute: Callable[[], AbstractContextManager[Any]] = nullcontext
    step: int = field(default=0, init=False)
    epoch: int = field(default=0, init=False)
    best: float = field(default=0.0, init=False)
    history: list[dict[str, float]] = field(default_factory=list, init=False)
    _optimiser: torch.optim.Optimizer = field(init=False)
    _rates: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._optimiser = torch.optim.AdamW(self.groups, weight_decay=0.01, betas=(0.9, 0.98))
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        path = self.folder / "last.pt"
        chosen = path if path.exists() else self.start
        if chosen:
            state = torch.load(chosen, weights_only=False, map_location="cpu")
            self.pupil.load_state_dict(state["student"]["weights"])
            if path.exists():
                self._optimiser.load_state_dict(state["optimiser"])
                self.step, self.epoch, self.best, self.history = state["step"], state["epoch"], state["best"], state["history"]

    def save(self, name: str) -> None:
        """Write a checkpoint whole or not at all."""
        pupil: Any = self.pupil
        state = {"student": pupil.checkpoint(), "optimiser": self._optimiser.state_dict(), "step": self.step, "epoch": self.epoch}
        state |= {"best": self.best, "history": self.history, "facts": self.facts}
        partial = self.folder / f"{name}.part"
        torch.save(state, partial)
        partial.rename(self.folder / name)

    def run(
        self,
        batches: Callable[[int], Iterable[Batch]],
        loss: Callable[[Batch], Losses],
        exam: Callable[[], dict[str, float]] | None,
        lines: int,
    ) -> None:
        """All epochs that are left.

        Args:
            batches: Those of an epoch, by its number alone: a run that was cut off sees the same.
            loss: Of a batch.
            exam: Figures after each epoch; the best `headline` is kept.
            lines: About how many an epoch has.
        """
        while self.epoch < min(self.epochs, self.until or self.epochs):
            self._epoch(batches(self.epoch), loss, lines)
            self.epoch += 1
            if exam:
                self.pupil.eval()
                self.history[-1] |= exam()
            print(f"epoch {self.epoch}: " + "  ".join(f"{k} {v:.4f}" for k, v in self.history[-1].items()), flush=True)
            if self.history[-1].get("headline", 0) > self.best:
                self.best = self.history[-1]["headline"]
                self.save("best.pt")
            self.save("last.pt")
            self._card()

    def _epoch(self, batches: Iterable[Batch], loss: Callable[[Batch], Losses], expected: int) -> None:
        self.pupil.train()
        sums: dict[str, float] = {}
        count, lines, begun = 0, 0, time.monotonic()
        with tqdm(total=expected, unit="line", mininterval=5, desc=f"epoch {self.epoch + 1}/{self.epochs}") as bar:
            for batch in batches:
                self._rate((self.epoch + min(1.0, lines / expected)) / self.epochs)
                with self.compute():
                    found = loss(batch)
                self._learn(found.total)
                count, lines = count + 1, lines + found.lines
                for name, value in found.parts.items():
                    sums[name] = sums.get(name, 0) + value
                bar.update(found.lines)
                bar.set_postfix({n: f"{v / count:.3f}" for n, v in sums.items()}, refresh=False, headline=f"{self.best:.3f}")
        if not count:
            raise ValueError(f"epoch {self.epoch + 1} of {self.folder} has no batch: are the lessons or the mixes empty?")
        self.history.append({n: v / count for n, v in sums.items()} | {"lines_per_second": lines / (time.monotonic() - begun)})
        self.facts["losses"] = sorted(sums)

    def _rate(self, progress: float) -> None:
        factor = min(1.0, (self.step + 1) / self.warm_up) * _cosine(progress)
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor

    def _learn(self, total: Tensor) -> None:
        self._optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.pupil.parameters(), _STRONGEST)
        self._optimiser.step()
        self.step += 1

    def _card(self) -> None:
        versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__, "opencv": cv2.__version__}
        card = self.facts | {"epochs": self.epochs, "steps": self.step, "best": self.best, "versions": versions, "history": self.history}
        (self.folder / "card.json").write_text(json.dumps(card, indent=1, default=str), encoding="utf-8")
        picture = curves.svg(self.history, losses=self.facts["losses"], title=self.folder.name)
        (self.folder / "curves.svg").write_text(picture, encoding="utf-8")


def on(batch: Batch, device: torch.device) -> Batch:
    """The batch, a dataclass, with its tensors on *device*."""
    moved = {f.name: getattr(batch, f.name).to(device) for f in fields(batch) if isinstance(getattr(batch, f.name), Tensor)}  # type: ignore[arg-type]
    return replace(batch, **moved)  # type: ignore[type-var]


def device_of(*, cuda: bool) -> torch.device:
    """Where to train; says what is missing where there is no GPU."""
    if cuda and not torch.cuda.is_available():
        raise SystemExit("--cuda: this PyTorch sees no GPU; install its build for your CUDA into the foundry's venv, or leave --cuda away")
    return torch.device("cuda" if cuda else "cpu")


def names(paths: Sequence[Path]) -> list[str]:
    """For the card: folders by name, as paths differ from machine to machine."""
    return [path.name for path in paths]


def _cosine(progress: float) -> float:
    return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * min(1.0, progress))))
