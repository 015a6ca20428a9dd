"""The student: a recurrent neck between the teacher's convolutions and its last linear layer.

Layer norm, bidirectional LSTM layers, a linear layer back to the width of the features, plus the skip of the teacher:
the CRNN of Shi, Bai and Yao, 2015 (arXiv:1507.05717), on other convolutions.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of a student is chosen."""

    features: int = 120
    hidden: int = 128
    layers: int = 2
    classes: int = 0


class Student(nn.Module):
    """Features N x T x 120 and the skip of the same shape to logits N x T x C."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.norm = nn.LayerNorm(shape.features)
        self.rnn = nn.LSTM(shape.features, shape.hidden, shape.layers, bidirectional=True, batch_first=True)
        self.back = nn.Linear(2 * shape.hidden, shape.features)
        self.head = nn.Linear(shape.features, shape.classes)

    def neck(self, convolved: Tensor, skip: Tensor) -> Tensor:
        """What the last linear layer takes, N x T x 120."""
        answer, _ = self.rnn(self.norm(convolved))
        back: Tensor = self.back(answer)
        return back + skip

    def forward(self, convolved: Tensor, skip: Tensor) -> Tensor:
        """Logits, N x T x C."""
        logits: Tensor = self.head(self.neck(convolved, skip))
        return logits

    def begin_with(self, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        """Take the last linear layer, 120 x C and C, of the teacher."""
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))
            self.head.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))

    def checkpoint(self) -> dict[str, Any]:
        """All that makes it again."""
        return {"shape": asdict(self.shape), "weights": self.state_dict()}

    @classmethod
    def of(cls, checkpoint: dict[str, Any]) -> "Student":
        """The student of a *checkpoint*."""
        student = cls(Shape(**checkpoint["shape"]))
        student.load_state_dict(checkpoint["weights"])
        return student
