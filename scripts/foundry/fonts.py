"""Faces by tag, and only faces that have every glyph of the text."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import ImageFont

from scripts.foundry import charset
from scripts.foundry.families import FAMILIES
from scripts.foundry.held_out import FONTS as HELD_OUT
from scripts.foundry.paths import FONTS

STYLES = (("bold", r"Bold|Black|Heavy|Demi|bold|-[6-9]00\b|_RB"), ("italic", r"Ital|Oblique|_RI|_RBI|ital"), ("light", r"Light|Thin"))
FULLWIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face of a font file."""

    path: Path
    index: int
    family: str
    tags: frozenset[str]

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        """The face at a height of `size` pixels an em."""
        return _font(str(self.path), self.index, size)

    def has(self, text: str) -> bool:
        """Whether every character draws ink (a space needs none)."""
        return _coverage(self).issuperset(text)


@lru_cache(maxsize=1500)
def _font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)


def _matches(pattern: str) -> Iterator[Path]:
    """The files of a pattern with shell braces and stars."""
    whole = re.match(r"(.*)\{(.*)\}(.*)", pattern)
    for one in [f"{whole[1]}{part}{whole[3]}" for part in whole[2].split(",")] if whole else [pattern]:
        path = Path(one)
        yield from sorted(path.parent.glob(path.name))


@cache
def everything() -> tuple[Face, ...]:
    """All faces on this machine, the held-out ones too."""
    found = []
    for family, pattern, index, tags in FAMILIES:
        for path in _matches(pattern):
            styles = {style for style, mark in STYLES if re.search(mark, path.stem)}
            found.append(Face(path=path, index=index, family=family, tags=frozenset(tags.split()) | styles))
    return tuple(found)


@cache
def faces(tags: str) -> tuple[Face, ...]:
    """The faces with all of the tags ("chinese sans"), without those of a minus ("latin -italic"); `fixed` only when named."""
    words = tags.split()
    with_, without = {w for w in words if w[0] != "-"}, {w[1:] for w in words if w[0] == "-"}
    if "fixed" not in with_:
        without.add("fixed")
    return tuple(f for f in everything() if with_ <= f.tags and not without & f.tags and f.family not in HELD_OUT)


@cache
def _families(tags: str) -> tuple[tuple[Face, ...], ...]:
    grouped: dict[str, list[Face]] = {}
    for face in faces(tags):
        grouped.setdefault(face.family, []).append(face)
    return tuple(map(tuple, grouped.values()))


def named(family: str) -> tuple[Face, ...]:
    """The faces of one family, held out or not."""
    return tuple(face for face in everything() if face.family == family)


def pick(rng: np.random.Generator, text: str, tags: str) -> Face | None:
    """A face with every glyph: the family first, so that a family of many weights is not drawn more often; None where none has."""
    families = _families(tags)
    for place in rng.permutation(len(families)):
        family = families[place]
        face: Face = family[int(rng.integers(len(family)))]
        if face.has(text):
            return face
    return None


@cache
def _coverage(face: Face) -> frozenset[str]:
    """The characters of the charset that the face draws, kept beside the fonts as the check of a Chinese face takes a second."""
    wanted = "".join(charset.load()) + FULLWIDTH
    stamp = f"{face.path}:{face.index}:{face.path.stat().st_size}:{hashlib.sha256(wanted.encode()).hexdigest()}"
    kept = FONTS / "coverage" / (hashlib.sha256(stamp.encode()).hexdigest()[:24] + ".txt")
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{np.random.default_rng().integers(1 << 32)}")
        partial.write_text("".join(_drawn(face, wanted)), encoding="utf8")
        partial.replace(kept)
    return frozenset(kept.read_text(encoding="utf8")) | {" "}


def _drawn(face: Face, wanted: str) -> Iterator[str]:
    """What has a code in the font and ink in its glyph."""
    from fontTools.ttLib import TTFont

    sizes = {"terminus": 16, "wqy-pcf": 13}
    if face.path.suffix == ".pcf":
        codes = {ord(char) for char in wanted}
    else:
        codes = set(TTFont(face.path, fontNumber=face.index, lazy=True).getBestCmap() or {})
    font = face.font(sizes.get(face.family, 24))
    yield from (char for char in wanted if ord(char) in codes and not char.isspace() and font.getmask(char).getbbox())
