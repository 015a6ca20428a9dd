"""Measure what the quality gate is worth: on labelled lines as they are, and on copies that get worse step by step.

usage: quality.py TREE ANSWERS.tsv [--series 100] [--svg OUT] [--models-dir DIR]

ANSWERS.tsv is what `edged models eval TREE --tsv` wrote. A series is a line that is read right, surely and without complaint as it is,
so the model's usual errors start none. What counts is "in time of these": of the series that are ever read wrong and surely, the share
where the gate has spoken by then. The limits were chosen on the lines with an even CRC-32 of their key; the
others confirm them. Nothing of a picture is kept.
"""

import argparse
import datetime as dt
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import or_
from pathlib import Path

import cv2
import numpy as np

from edged.commands.evaluate import PLAIN
from edged.commands.pictures import Chain, opened
from edged.config import QualitySection
from edged.exam.labelled import Labelled, labelled
from edged.exam.rules import Rules, load_rules
from edged.flow.quality import Gate, badness, measure
from edged.generation import config_or_defaults
from edged.types import Delivery, FrameId, Origin, Pixels, Reading, SourceName
from scripts.quality_chart import Curve, chart

RULES = Path(__file__).with_name("labelled.rules.yaml")
SURE = PLAIN.unsure_below  # a reading this confident would be ok


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled line, and what was read there."""

    label: Labelled
    image: Pixels
    right: bool
    confidence: float

    @property
    def first_half(self) -> bool:
        told = self.label.text if self.label.source == "zh_screen_ui" else self.label.key.partition("/")[2]
        return zlib.crc32(f"{self.label.source}/{told}".encode()) % 2 == 0


def lines_of(tree: Path, answers: Path, rules: Rules) -> Iterator[Line]:
    rows = (row.split("\t") for row in answers.read_text(encoding="utf8").splitlines())
    read = {key: (text, float(confidence)) for key, text, confidence in rows}
    for label in labelled(tree):
        if label.source in rules.apart:
            continue
        text, confidence = read.get(label.key, ("", 0.0))
        image = cv2.imdecode(np.fromfile(label.path, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None, label.path
        yield Line(label, image, is_right(text, label, rules), confidence)  # type: ignore[arg-type]


def is_right(text: str, label: Labelled, rules: Rules) -> bool:
    return rules.normalise(text, label.source) == rules.normalise(label.text, label.source)


def worst_tenth(lines: Sequence[Line]) -> tuple[float, float]:
    """How often the tenth that the gate finds worst is wrong, and the rest."""
    ranked = sorted(lines, key=lambda line: -badness(measure(line.image)))
    first = len(ranked) // 10
    wrong = [not line.right for line in ranked]
    return sum(wrong[:first]) / first, sum(wrong[first:]) / (len(wrong) - first)


def costs(lines: Sequence[Line], gate: Gate) -> str:
    """What each limit alone, and all of them, would take away of what is right and sure, and catch of what is wrong."""
    groups = {"right and sure": [line for line in lines if line.right and line.confidence >= SURE]}
    groups["wrong"] = [line for line in lines if not line.right]
    table = ["| lines | n | any | any but height | " + " | ".join(one.name for one in gate.measured(lines[0].image)) + " |"]
    table.append("|---" * (table[0].count("|") - 1) + "|")
    for name, group in groups.items():
        failed = [{one.name for one in gate.measured(line.image) if one.failed} for line in group]
        counts = Counter(measure for one in failed for measure in one)
        shares = [
            sum(map(bool, failed)),
            sum(bool(one - {"height"}) for one in failed),
            *(counts[one.name] for one in gate.measured(lines[0].image)),
        ]
        table.append(f"| {name} | {len(group)} | " + " | ".join(f"{count / len(group):.1%}" for count in shares) + " |")
    return "\n".join(table)


def blurred(image: Pixels, strength: float, _: np.random.Generator) -> Pixels:
    """Out of focus by a share of the line's height."""
    return cv2.GaussianBlur(image, (0, 0), strength * image.shape[0])  # type: ignore[return-value]


def darkened(image: Pixels, strength: float, dice: np.random.Generator) -> Pixels:
    """A share of the light is left; the sensor's own noise stays."""
    return np.clip(np.rint(image * strength + dice.normal(0, 1.5, image.shape)), 0, 255).astype(np.uint8)


def glaring(image: Pixels, strength: float, dice: np.random.Generator) -> Pixels:
    """A soft reflection somewhere on the line, as wide as so many line heights."""
    tall, wide = image.shape[:2]
    y, x = np.mgrid[:tall, :wide]
    radius = max(1.0, strength * tall / 2)
    away = np.hypot(x - dice.uniform(0.2, 0.8) * wide, y - dice.uniform(0.3, 0.7) * tall) / radius
    worse: Pixels = np.clip(image + 400 * np.exp(-(away**4))[..., None], 0, 255).astype(np.uint8)
    return worse


def noisy(image: Pixels, strength: float, dice: np.random.Generator) -> Pixels:
    """Noise of that standard deviation in each pixel and colour."""
    return np.clip(np.rint(image + dice.normal(0, strength, image.shape)), 0, 255).astype(np.uint8)


Worse = Callable[[Pixels, float, np.random.Generator], Pixels]
KINDS: Mapping[str, tuple[Worse, tuple[float, ...]]] = {
    "blur": (blurred, (0.02, 0.03, 0.045, 0.065, 0.09, 0.12, 0.16, 0.22)),
    "dark": (darkened, (0.5, 0.3, 0.2, 0.13, 0.08, 0.05, 0.03, 0.02)),
    "glare": (glaring, (0.25, 0.4, 0.6, 0.9, 1.3, 1.8, 2.5, 3.5)),
    "noise": (noisy, (4, 8, 14, 22, 34, 50, 75, 110)),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One copy."""

    wrong: bool
    sure: bool
    spoken: bool  # the gate, at this step


def readings(chain: Chain, images: Iterable[Pixels]) -> Iterator[Reading]:
    """Read pictures in memory, in their order."""

    def delivered(number: int, image: Pixels) -> Delivery:
        data, now = cv2.imencode(".png", image)[1].tobytes(), dt.datetime.now(dt.UTC)
        origin = Origin(name=f"{number}.png", sha256=None, bytes=len(data), modified_at=None)
        return Delivery(id=FrameId(str(number)), source=SourceName("q"), captured_at=now, origin=origin, attempt=1, data=data)

    return chain.concluded(delivered(number, image) for number, image in enumerate(images))


def series_of(lines: Sequence[Line], kind: str, chain: Chain, gate: Gate, rules: Rules) -> list[list[Step]]:
    """Each line, ever worse."""
    worse, strengths = KINDS[kind]

    def copies() -> Iterator[Pixels]:
        for line in lines:
            for strength in strengths:
                yield worse(line.image, strength, np.random.default_rng(zlib.crc32(line.label.key.encode())))

    read = readings(chain, copies())
    spoken = (bool(gate.reasons(image)) for image in copies())
    steps = (
        Step(not is_right(reading.text, line.label, rules), reading.confidence >= SURE, said)
        for line, reading, said in zip((line for line in lines for _ in strengths), read, spoken, strict=True)
    )
    flat = list(steps)
    return [flat[at : at + len(strengths)] for at in range(0, len(flat), len(strengths))]


def unsaid(series: Sequence[Step]) -> list[bool]:
    """At each step, whether it is wrong and sure and the gate has not spoken yet."""
    said = accumulate((step.spoken for step in series), or_)
    return [step.wrong and step.sure and not spoken for step, spoken in zip(series, said, strict=True)]


def in_time(series: Sequence[Step]) -> bool:
    """Whether the gate has spoken by the first step that is wrong and sure; also where there is none."""
    return not any(unsaid(series))


def told(kind: str, series: Sequence[Sequence[Step]]) -> str:
    trouble = [one for one in series if any(step.wrong and step.sure for step in one)]
    all_in_time, these = sum(map(in_time, series)), sum(map(in_time, trouble))
    of_these = f"{these / len(trouble):.1%}" if trouble else "none"
    copies = [step.spoken for one in series for step in one if step.wrong and step.sure]
    at_once = f"{sum(copies) / len(copies):.1%}" if copies else "none"
    return f"| {kind} | {len(series)} | {all_in_time / len(series):.1%} | {len(trouble)} | {of_these} | {len(copies)} | {at_once} |"


def curve(kind: str, series: Sequence[Sequence[Step]]) -> Curve:
    steps = list(zip(*series, strict=True))

    def share(of: Callable[[Step], bool]) -> tuple[float, ...]:
        return tuple(sum(map(of, step)) / len(step) for step in steps)

    return Curve(
        name=kind,
        strengths=KINDS[kind][1],
        wrong=share(lambda step: step.wrong),
        wrong_and_sure=share(lambda step: step.wrong and step.sure),
        spoken=share(lambda step: step.spoken),
        unsaid=tuple(sum(step) / len(step) for step in zip(*map(unsaid, series), strict=True)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--series", type=int, default=100, help="lines of each half that are made worse (default: 100)")
    parser.add_argument("--svg", type=Path, help="write the curves of the other half as a picture")
    parser.add_argument("--models-dir", type=Path)
    arguments = parser.parse_args()
    rules, gate = load_rules(RULES, arguments.tree), Gate(QualitySection(mode="warn"))
    lines = list(lines_of(arguments.tree, arguments.answers, rules))
    halves = {"chosen on": [line for line in lines if line.first_half], "other": [line for line in lines if not line.first_half]}
    print("| half | lines | worst tenth wrong | rest wrong | times |\n|---|---|---|---|---|")
    for name, half in halves.items():
        worst, rest = worst_tenth(half)
        print(f"| {name} | {len(half)} | {worst:.1%} | {rest:.1%} | {worst / rest:.2f} |")
    print(f"\n{costs(halves['other'], gate)}\n", flush=True)
    loaded = config_or_defaults(None)
    with opened(loaded, PLAIN, loaded.config.model, arguments.models_dir) as chain:
        curves: list[Curve] = []
        for name, half in halves.items():
            good = [line for line in half if line.right and line.confidence >= SURE and not gate.reasons(line.image)]
            chosen = random.Random(1).sample(good, min(arguments.series, len(good)))
            found = {kind: series_of(chosen, kind, chain, gate, rules) for kind in KINDS}
            print(f"| {name} | series | in time | wrong and sure | in time of these | such copies | told at once |\n{'|---' * 7}|")
            for kind, series in found.items():
                print(told(kind, series), flush=True)
            print(told("all", [one for series in found.values() for one in series]), "\n", flush=True)
            curves = [curve(kind, series) for kind, series in found.items()]
    if arguments.svg:
        arguments.svg.write_text(chart("Lines that get worse: what the gate says, and what is read wrong", curves), encoding="utf-8")


if __name__ == "__main__":
    main()
