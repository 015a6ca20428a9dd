"""What crnn-codes makes of pictures it never learnt from: the labelled factory lines, or drawn lines where these are not at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from edged.exam.labelled import labelled
from scripts.foundry.codes.turned import reads_both_ways
from scripts.foundry.codes_network import HEIGHT, TURNED, Answer, Codes, characters
from scripts.foundry.codes_stream import MixShares, chunk, padded, steps_of
from scripts.foundry.lesson import to_height
from scripts.foundry.pixels import opened
from scripts.foundry.pupils import exact_by_source, score_module
from scripts.foundry.sample import Image
from scripts.foundry.shards import greedy

SOURCES: Final = (
    "wire_markers", "meter_strips_semireal", "lcd_energy_meter", "lcd_multimeter", "lcd_led_handlabelled", "expiry_codes", "packaging_text"
)  # fmt: skip
UPSIDE_DOWN: Final = "wire_markers_upsidedown"
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A picture 32 high, its text, and where it is from."""

    image: Image
    text: str
    source: str


def questions(tree: Path) -> list[Question]:
    """The lines of our own sources, and those upside down."""
    lines = [line for line in labelled(tree, "dev") if line.source in (*SOURCES, UPSIDE_DOWN)]
    return [Question(image=to_height(opened(line.path), HEIGHT, 1 << 14), text=line.text, source=line.source) for line in lines]


def answers(network: Codes, images: Sequence[Image]) -> list[str]:
    """What is read of each picture, with the greedy CTC of the daemon; `TURNED` where it stands upside down."""
    network.eval()
    exported, names = Answer(network), characters()
    order = np.argsort([image.shape[1] for image in images])
    texts = [""] * len(images)
    with torch.inference_mode():
        for start in range(0, len(order), _AT_ONCE):
            group = [int(i) for i in order[start : start + _AT_ONCE]]
            pictures = torch.from_numpy(padded([images[i] for i in group]).transpose(0, 3, 1, 2).astype(np.float32)) / 127.5 - 1
            for i, row in zip(group, exported(pictures).argmax(2).tolist(), strict=True):
                texts[i] = greedy(row[: steps_of(images[i].shape[1])], names)
    return texts


class Exam:
    """The labelled lines of a tree in memory."""

    def __init__(self, tree: Path) -> None:
        self._score = score_module(tree)
        self._questions = questions(tree)

    def figures(self, network: Codes) -> dict[str, float]:
        """Exact by source, their mean as `headline`, and how often upside down is told from upright."""
        texts = answers(network, [q.image for q in self._questions])
        told: dict[str, list[bool]] = {}
        for question, text in zip(self._questions, texts, strict=True):
            if question.source.startswith("wire_markers") and not reads_both_ways(question.text):
                told.setdefault(question.source, []).append((text == TURNED) == (question.source == UPSIDE_DOWN))
        read = zip(self._questions, texts, strict=True)
        exact = exact_by_source(self._score, [(q.source, text, q.text) for q, text in read if q.source != UPSIDE_DOWN])
        way = {"upright_told": float(np.mean(told["wire_markers"])), "turned_told": float(np.mean(told[UPSIDE_DOWN]))}
        return {"headline": float(np.mean(list(exact.values())))} | way | exact


class Drawn:
    """Lines of the mixes that the training never sees."""

    def __init__(self, mixes: MixShares, seed: int, count: int) -> None:
        self._lines = chunk(mixes, seed + (1 << 20), 0, count)

    def figures(self, network: Codes) -> dict[str, float]:
        """Exact with every character, of the upright ones; how often the way they stand is told."""
        names = characters()
        texts = answers(network, [line.image for line in self._lines])
        told = [(text == TURNED) == line.turned for text, line in zip(texts, self._lines, strict=True)]
        right = [
            text == "".join(names[c - 1] for c in line.labels) for text, line in zip(texts, self._lines, strict=True) if not line.turned
        ]
        return {"headline": float(np.mean(right)), "told": float(np.mean(told))}
