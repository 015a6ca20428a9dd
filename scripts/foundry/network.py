"""The student: a recurrent neck between the teacher's convolutions, whose last stage learns too, and its last linear layer.

Layer norm, bidirectional LSTM layers, a linear layer back to the width of the features, plus the skip of the teacher:
the CRNN of Shi, Bai and Yao, 2015 (arXiv:1507.05717), on other convolutions.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scripts.foundry.tail import CHANNELS, ROWS, Tail
from scripts.foundry.teacher import head


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of a student is chosen."""

    features: int = 120
    hidden: int = 128
    layers: int = 2
    classes: int = 0


class Student(nn.Module):
    """What comes before the last stage of the convolutions, N x T x 1152, to logits N x T x C."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.bf16 = False  # in training, for the convolutions
        self.tail = Tail()
        self.norm = nn.LayerNorm(shape.features)
        self.rnn = nn.LSTM(shape.features, shape.hidden, shape.layers, bidirectional=True, batch_first=True)
        self.back = nn.Linear(2 * shape.hidden, shape.features)
        self.head = nn.Linear(shape.features, shape.classes)

    def neck(self, front: Tensor) -> Tensor:
        """What the last linear layer takes, N x T x 120."""
        count, steps = front.shape[:2]
        rows = front.view(count, 2 * steps, ROWS, CHANNELS).permute(0, 3, 2, 1)  # channels last, as convolutions of one pixel like it
        with torch.autocast(front.device.type, torch.bfloat16, enabled=self.training and self.bf16):
            convolved, skip = self.tail(rows)
        answer, _ = self.rnn(self.norm(convolved.float()))
        back: Tensor = self.back(answer)
        return back + skip

    def forward(self, front: Tensor) -> Tensor:
        """Logits, N x T x C."""
        logits: Tensor = self.head(self.neck(front))
        return logits

    def begin_with(self, onnx: Path, origin: NDArray[np.int64]) -> None:
        """Take the last stage of the convolutions, and of the last linear layer the classes at *origin*, from the teacher."""
        self.tail.begin_with(onnx)
        weight, bias = head(onnx, origin)
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
