"""The named mixes: which source gives how many of the lines. A sample depends on its mix, seed and index alone."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from scripts.foundry import digital, lines, signs
from scripts.foundry.empty import empty
from scripts.foundry.real import FOLDERS, Real
from scripts.foundry.sample import Sample, Source

GENERAL: dict[str, tuple[float, Source]] = {
    "document": (15, lines.print_document),
    "sign": (18, signs.sign_chinese),
    "receipt": (12, lines.receipt),
    "scene": (12, signs.sign_english),
    "catalogue": (8, digital.catalogue),
    "screen": (7, digital.screen),
    "book": (5, lines.book),
    "label": (7, lines.label),
    "rare": (8, lines.rare),
    "traditional": (5, lines.traditional),
    "handwriting": (2, lines.handwriting),
    "empty": (2, empty),
    "plain": (3, digital.plain),
}
CODES_SHARE = 6.0  # percent of zh_en
REAL = {"wire_markers": 66.0, "plate_cn": 28.0, "wire_markers_upsidedown": 6.0}


def _codes() -> dict[str, tuple[float, Source]]:
    """The industrial sources, where that half of the renderer is present."""
    if find_spec("scripts.foundry.codes") is None:
        return {}
    found: dict[str, tuple[float, Source]] = getattr(import_module("scripts.foundry.codes"), "SOURCES", {})
    return found


@cache
def sources(mix: str) -> list[tuple[float, Source]]:
    """The sources of a mix with their weights: `zh_en`, `codes`, `real`, or one source or folder of `train/` by its name."""
    codes = _codes()
    if mix == "zh_en":
        whole = sum(weight for weight, _ in codes.values()) or 1
        return [*GENERAL.values(), *((CODES_SHARE * weight / whole, source) for weight, source in codes.values())]
    if mix == "real":
        return [(share, Real(folder).source()) for folder, share in REAL.items()]
    if mix in FOLDERS:
        return [(1.0, Real(mix).source())]
    if mix == "codes":
        return [*codes.values(), (0.03 * sum(weight for weight, _ in codes.values()), empty)]
    one = (GENERAL | codes).get(mix)
    if one is None:
        raise KeyError(f"no mix or source is named {mix!r}: take zh_en, codes, real, or one of {', '.join(GENERAL | codes)}")
    return [one]


def draw(mix: str, seed: int, index: int) -> Sample:
    """The sample of that index: the same on every machine that has the same fonts and corpus."""
    rng = np.random.default_rng([seed, index])
    chosen = sources(mix)
    weights = np.array([weight for weight, _ in chosen])
    return chosen[int(rng.choice(len(chosen), p=weights / weights.sum()))][1](rng)
