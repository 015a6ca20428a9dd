"""One precision of a model learns: features, training, the guard against forgetting, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from edged.errors import ModelError, TuningError
from edged.flow.model_files import LoadedModel
from edged.lib.clock import Clock
from edged.manifest import Precision
from edged.shelf.graft import Grafted
from edged.tuning import ctc
from edged.tuning.examples import Example, split
from edged.tuning.learn import Plan, learn
from edged.tuning.lines import Line, best_of
from edged.tuning.network import Array, Weights
from edged.tuning.vary import varied

MAY_FORGET: Final = 0.005  # of the remembered lines kept aside
_HELD: Final = 0.2
_VARIED_BELOW: Final = 400  # examples; more vary by themselves
_VARIANTS: Final = 3
_SHARES: Final = (1.0, 0.75, 0.5, 0.25)  # of the way from the old weights to the new

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Lines read exactly, before and after."""

    lines: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """What came of it."""

    precision: Precision
    xml: bytes
    bin: bytes
    examples: Score  # those that were kept aside
    remembered: Score  # likewise
    golden: Score
    steps: tuple[int, int]  # done, planned
    share: float  # of the way from the old weights to the new ones that was gone
    unfit: int  # examples that were left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All lines, ready for the model."""

    examples: Sequence[Example]
    remembered: Sequence[Example]
    golden: Sequence[Example]


def tune(model: LoadedModel, material: Material, *, plan: Plan, minutes: float, clock: Clock, tell: Tell) -> Learnt:
    """Let one precision learn.

    Raises:
        ModelError: It has no neck that can learn.
        TuningError: What it learnt is not worth a model.
    """
    grafted, precision = _opened(model), next(p for p in model.manifest.files if p == model.ref.precision)
    features = _Features(grafted, model)
    fit = [example for example in material.examples if features.label(example)]
    learning, held = split(fit, _HELD)
    if not held:
        msg = f"of {len(material.examples)} examples {len(fit)} can be learnt: the others are too wide, or have no room for their text"
        raise TuningError(msg, hint="check the labels, and that each picture is one line")
    known, known_held = split(material.remembered, _HELD)
    tell(f"{precision}: looking at {len(fit)} examples and {len(material.remembered)} remembered lines")
    parts = _with_variants(learning, plan.seed), held, known, known_held, material.golden
    lines, tests, old, old_tests, golden = (features.of(part) for part in parts)
    watch = _Watch(replace(plan, passes=max(1, plan.passes * len(learning) // len(lines))), minutes, clock, tell)
    new = learn(grafted.neck, lines, old, watch.plan, watch)
    share = _guarded(grafted.neck, new, old_tests, golden)
    weights = between(grafted.neck, new, share)
    scores = [_score(grafted.neck, weights, part) for part in (tests, old_tests, golden)]
    if scores[0].after <= scores[0].before:
        msg = f"nothing was gained: of {len(tests)} examples kept aside {scores[0].before} were read before, {scores[0].after} after"
        raise TuningError(msg, hint="add examples, or check their labels: look at what `edged read` makes of them")
    xml, content = grafted.with_neck(weights)
    return Learnt(
        precision=precision, xml=xml, bin=content, examples=scores[0], remembered=scores[1], golden=scores[2],
        steps=watch.steps, share=share, unfit=len(material.examples) - len(fit),
    )  # fmt: skip


def _opened(model: LoadedModel) -> Grafted:
    if model.manifest.blank_index != 0:
        msg = f"{model.ref.name} cannot learn: its blank is class {model.manifest.blank_index}, not 0"
        raise ModelError(msg, hint="tune a model that edged trained")
    return Grafted(f"{model.ref.name} {model.ref.precision}", *model.ir.read(), model.manifest.input)


def _with_variants(examples: Sequence[Example], seed: int) -> list[Example]:
    rng, times = np.random.default_rng(seed), _VARIANTS if len(examples) < _VARIED_BELOW else 0
    return [*examples, *(replace(e, image=varied(e.image, rng)) for e in examples for _ in range(times))]


class _Features:
    """Lines as the convolutions of one precision see them."""

    def __init__(self, grafted: Grafted, model: LoadedModel) -> None:
        self._grafted = grafted
        self._classes = {c: i for i, c in enumerate(model.charset) if i != model.manifest.blank_index}

    def label(self, example: Example) -> tuple[int, ...]:
        """Its classes; none where it cannot be learnt: what is wider than a shape is cut for reading, and no label says where."""
        label = tuple(self._classes.get(c, 0) for c in example.text)
        return label if 0 not in label and ctc.fits(label, self._grafted.steps(example.image.shape[1])) else ()

    def of(self, examples: Sequence[Example]) -> list[Line]:
        """Those that can be learnt."""
        found = []
        for example, label in ((example, self.label(example)) for example in examples):
            if label:
                convolved, skip = self._grafted.features(example.image)
                found.append(Line(convolved=convolved, skip=skip, steps=self._grafted.steps(example.image.shape[1]), label=label))
        return found


class _Watch:
    """Ends the training in time, and says how far it is."""

    def __init__(self, plan: Plan, minutes: float, clock: Clock, tell: Tell) -> None:
        self.plan, self.steps = plan, (0, 0)
        self._clock, self._tell, self._end = clock, tell, clock.monotonic() + 60 * minutes

    def __call__(self, step: int, total: int, loss: float) -> bool:
        self.steps = (step, total)
        if step % max(1, total // 10) == 0:
            self._tell(f"step {step} of {total}, loss {loss:.3f}")
        return self._clock.monotonic() < self._end


def between(old: Weights, new: Weights, share: float) -> dict[str, Array]:
    """Weights so far on the way from the old ones to the new: what was known comes back as what was learnt fades.

    Wortsman et al., 2022, arXiv:2109.01903.
    """
    return {name: old[name] + np.float32(share) * (new[name] - old[name]) for name in old}


def _guarded(old: Weights, new: Weights, remembered: Sequence[Line], golden: Sequence[Line]) -> float:
    """The farthest way on which golden lines stay right and hardly any remembered line is lost.

    Raises:
        TuningError: There is none.
    """
    may_lose, lost = max(1, round(MAY_FORGET * len(remembered))), 0
    for share in _SHARES:
        weights = between(old, new, share)
        score, kept = (_score(old, weights, lines) for lines in (remembered, golden))
        lost = score.before - score.after
        if lost <= may_lose and kept.after >= kept.before:
            return share
    msg = f"learning these examples forgets too much: {lost} of {len(remembered)} remembered lines, {may_lose} are allowed"
    raise TuningError(msg, hint="check the labels; use more examples, of fewer kinds")


def _score(old: Weights, new: Weights, lines: Sequence[Line]) -> Score:
    before, after = (sum(r == line.label for r, line in zip(best_of(w, lines), lines, strict=True)) for w in (old, new))
    return Score(lines=len(lines), before=before, after=after)
