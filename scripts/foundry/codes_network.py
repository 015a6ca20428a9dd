"""crnn-codes: a small CRNN from nothing, made for one core (Shi, Bai and Yao, 2015, arXiv:1507.05717).

Depthwise and pointwise convolutions (Howard et al., 2017, arXiv:1704.04861) in residual blocks, two bidirectional LSTM layers, CTC.
Beside the characters it answers whether the whole line stands upside down: a second head looks at all steps with an attention of one
weight a step, so that padding does not count. The exported graph says that with a class of its own, see `Answer`.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

HEIGHT: Final = 32
STRIDE: Final = 4
CHARSET: Final = Path(__file__).parent / "codes_charset.txt"
TURNED: Final = "↻"
"""What a line that stands upside down is read as: the last class."""


def characters() -> list[str]:
    """The classes without the blank, `TURNED` last."""
    return CHARSET.read_text(encoding="utf-8").split("\n")[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesShape:
    """What of the network is chosen."""

    stem: int = 32
    widths: tuple[int, int, int] = (64, 128, 192)  # channels at 8, 4 and 2 rows
    depths: tuple[int, int, int] = (2, 2, 1)
    features: int = 160
    hidden: int = 96
    layers: int = 2
    classes: int = 0  # blank and characters, without `TURNED`


class Block(nn.Module):
    """Each channel looks around itself, then the channels talk, twice as many of them in between; what came in is added."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            nn.Conv2d(inner, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Same shape in and out."""
        return torch.relu(features + self.way(features))


def narrower(before: int, after: int, stride: tuple[int, int]) -> nn.Sequential:
    """Fewer places, more channels."""
    return nn.Sequential(
        nn.Conv2d(before, before, 3, stride, padding=1, groups=before, bias=False),
        nn.BatchNorm2d(before),
        nn.Conv2d(before, after, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


class Codes(nn.Module):
    """Pictures N x 3 x 32 x W, (x - 127.5) / 127.5, to logits N x W/4 x C and one logit a line for upside down."""

    def __init__(self, shape: CodesShape) -> None:
        super().__init__()
        self.shape = shape
        first, second, third = shape.widths
        steps: list[nn.Module] = [nn.Conv2d(3, shape.stem, 3, 2, padding=1, bias=False), nn.BatchNorm2d(shape.stem), nn.ReLU()]
        steps += [Block(shape.stem, shape.stem)]
        for before, after, depth, stride in zip(
            (shape.stem, first, second), shape.widths, shape.depths, ((2, 2), (2, 1), (2, 1)), strict=True
        ):
            steps += [narrower(before, after, stride), *(Block(after, 2 * after) for _ in range(depth))]
        steps += [nn.Conv2d(third, shape.features, (2, 1), bias=False), nn.BatchNorm2d(shape.features), nn.ReLU()]
        self.convolutions = nn.Sequential(*steps)
        self.rnn = nn.LSTM(shape.features, shape.hidden, shape.layers, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * shape.hidden, shape.classes)
        self.turned = nn.Linear(2 * shape.hidden, 2)  # how much a step counts, and what it says

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the classes N x T x C, and of upside down, N."""
        steps, _ = self.rnn(self.convolutions(pictures).squeeze(2).transpose(1, 2))
        counts, says = self.turned(steps).unbind(2)
        return self.head(steps), (counts.softmax(1) * says).sum(1)

    def checkpoint(self) -> dict[str, Any]:
        """All that makes it again."""
        return {"shape": asdict(self.shape), "weights": self.state_dict()}

    @classmethod
    def of(cls, checkpoint: dict[str, Any]) -> "Codes":
        """The network of a *checkpoint*."""
        network = cls(CodesShape(**checkpoint["shape"]))
        network.load_state_dict(checkpoint["weights"])
        return network


class Answer(nn.Module):
    """The network as it is exported: one set of posteriors, N x T x (C + 1), in which `TURNED` is the last class.

    With the probability p that the line stands upside down, every step says `TURNED` with p, and shares what is left among the others.
    Greedy CTC then reads exactly `TURNED` where p outweighs, or the text, whose confidence falls with the doubt.
    Nothing behind the graph has to know of the second head.
    """

    def __init__(self, network: Codes) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """Posteriors."""
        logits, turned = self.network(pictures)
        share = turned.sigmoid()[:, None, None]
        upright = logits.softmax(2) * (1 - share)
        return torch.cat([upright, share + torch.zeros_like(upright[:, :, :1])], 2)


def multiply_adds(network: Codes, width: int = 160) -> int:
    """Of the convolutions, LSTM layers and linear layers at 32 x *width*; a multiply-add is two FLOP.

    Not counted, as nothing of weight: the norms (they melt into the convolutions at export), activations, additions, softmax.
    """
    total = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor | tuple[Tensor, Any]) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d) and isinstance(output, Tensor):
            total += layer.weight[0].numel() * output[0].numel()
        elif isinstance(layer, nn.Linear):
            total += layer.weight.numel() * inputs[0].shape[1]
        elif isinstance(layer, nn.LSTM):
            total += inputs[0].shape[1] * sum(w.numel() for n, w in layer.named_parameters() if n.startswith("weight"))

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.LSTM)]
    training = network.training
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 3, HEIGHT, width))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total


def weights(network: Codes) -> int:
    """All numbers that are trained."""
    return sum(parameter.numel() for parameter in network.parameters())
