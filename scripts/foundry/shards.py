"""Batches out of the shards of lessons: lines of about one length together, in an order that the seed gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

STEPS_IN_BATCH: Final = 3072
_IGNORED: Final = -1
_STEPS: Final = ("front", "neck")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """N lines of at most T steps."""

    front: Tensor  # N x T x 1152, f32: what the last stage of the convolutions takes
    neck: Tensor  # N x T x 120, what the teacher's neck gave
    lengths: Tensor  # N, steps
    labels: Tensor  # all labels, one after the other
    label_lengths: Tensor  # N
    space: int  # class of the space


class Charset:
    """Our classes and where they stand among the teacher's."""

    def __init__(self, characters: Sequence[str], teachers: Sequence[str]) -> None:
        """*characters*: without the blank, which is class 0."""
        self.characters = list(characters)
        self._index = {c: i for i, c in enumerate(self.characters, start=1)}
        theirs = {c: i for i, c in enumerate(teachers) if c}
        self.origin = np.array([0, *(theirs.get(c, _IGNORED) for c in self.characters)], np.int64)

    def __len__(self) -> int:
        """With the blank."""
        return len(self.characters) + 1

    def encode(self, text: str) -> list[int] | None:
        """Classes of *text*; None where one is not ours."""
        found = [self._index.get(c) for c in text]
        return None if None in found else found  # type: ignore[return-value]

    def decode(self, classes: Sequence[int]) -> str:
        """Greedy CTC."""
        return greedy(classes, self.characters)


def greedy(classes: Sequence[int], characters: Sequence[str]) -> str:
    """What the best classes of the steps say: repeats are one, blanks go; *characters* without the blank, which is class 0."""
    return "".join(characters[c - 1] for c, before in zip(classes, [0, *classes], strict=False) if c not in (before, 0))


def steps_needed(labels: Sequence[int]) -> int:
    """CTC needs a step for each character, and a blank between equal ones."""
    return len(labels) + sum(a == b for a, b in pairwise(labels))


class Lessons:
    """Some shards in memory."""

    def __init__(self, paths: Sequence[Path], charset: Charset) -> None:
        self._charset = charset
        arrays = [{n: shard[n] for n in (*_STEPS, "starts", "texts")} for shard in map(np.load, paths)]
        self._steps = [{n: a[n] for n in _STEPS} for a in arrays]  # not one array: there may be more than half of the memory
        self._shard = np.repeat(np.arange(len(arrays)), [len(a["texts"]) for a in arrays])
        self.starts, self.ends = (np.concatenate([a["starts"][part] for a in arrays]) for part in (np.s_[:-1], np.s_[1:]))
        self.texts = [str(t) for a in arrays for t in a["texts"]]
        self.labels = [charset.encode(text) for text in self.texts]

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Every line that can be learnt, once."""
        taken = [i for i in range(len(self.texts)) if self._fits(i)]
        length = (self.ends - self.starts)[taken] + rng.uniform(0, 4, len(taken))
        order = np.array(taken)[np.argsort(length)]
        groups, group = [], list[int]()
        for i in order:
            if group and (len(group) + 1) * (self.ends[i] - self.starts[i]) > STEPS_IN_BATCH:
                groups.append(group)
                group = []
            group.append(int(i))
        groups += [group] if group else []
        for number in rng.permutation(len(groups)):
            yield self._batch(groups[number])

    def _fits(self, i: int) -> bool:
        label = self.labels[i]
        return label is not None and steps_needed(label) <= int(self.ends[i] - self.starts[i])

    def _batch(self, group: Sequence[int]) -> Batch:
        lengths = np.array([self.ends[i] - self.starts[i] for i in group])
        widest = int(lengths.max())
        fields = {n: np.zeros((len(group), widest, a.shape[1]), a.dtype) for n, a in self._steps[0].items()}
        for row, i in enumerate(group):
            for n, a in self._steps[self._shard[i]].items():
                fields[n][row, : lengths[row]] = a[self.starts[i] : self.ends[i]]
                fields[n][row, lengths[row] :] = a[self.ends[i] - 1]  # as on the box, where a shape is filled with padding
        labels = [self.labels[i] or [] for i in group]
        return Batch(
            front=torch.from_numpy(fields["front"].astype(np.float32)),
            neck=torch.from_numpy(fields["neck"].astype(np.float32)),
            lengths=torch.from_numpy(lengths),
            labels=torch.tensor([c for label in labels for c in label], dtype=torch.long),
            label_lengths=torch.tensor([len(label) for label in labels]),
            space=self._charset.encode(" ")[0],  # type: ignore[index]
        )
