"""Which faces each kind of code is drawn with, by the names that `glyphs` takes; never one that is held out."""

from functools import cache

from scripts.foundry import fonts
from scripts.foundry.held_out import FONTS as HELD_OUT

KINDS: dict[str, tuple[str, ...]] = {
    "sans": ("dejavu", "liberation-sans", "free-sans", "roboto", "open-sans", "lato", "nimbus-sans", "carlito"),
    "narrow": ("liberation-narrow", "dejavu-condensed", "roboto-cond", "open-sans-cond", "nimbus-narrow", "barlow-condensed",
    "archivo-narrow"),
    "plate": ("barlow-condensed", "archivo-narrow", "roboto-cond", "liberation-narrow", "bebas-neue", "oswald", "fjalla-one",
    "nimbus-narrow"),
    "mono": ("dejavu-mono", "liberation-mono", "free-mono", "inconsolata", "b612-mono", "share-tech-mono", "3270", "nimbus-mono"),
    "panel": ("b612", "b612-mono", "3270", "share-tech-mono", "roboto", "liberation-sans", "russo-one"),
    "typewriter": ("gnutypewriter", "courier-prime", "liberation-mono", "free-mono", "special-elite", "nimbus-mono"),
    "serif": ("dejavu-serif", "liberation-serif", "free-serif", "schoolbook", "bookman"),
    "ocr": ("ocr-a", "ocr-b"),
    "seven": ("dseg7",),
    "fourteen": ("dseg14",),
    "dots": ("spleen", "unifont"),
    "hanzi": ("noto-cjk", "zenhei", "microhei"),
    "hand": ("caveat", "patrick-hand", "indie-flower", "domestic-manners", "breip", "permanent-marker"),
    "drums": ("liberation-sans", "liberation-narrow", "free-sans", "roboto", "roboto-cond", "open-sans", "dejavu-condensed",
    "nimbus-sans", "barlow-condensed", "ocr-b"),
}  # fmt: skip
STROKED = ("hershey-simplex", "hershey-plain", "hershey-duplex")
"""Faces of lines, as plotters and engravers draw; they hold ASCII."""
_ASCII = frozenset(map(chr, range(32, 127)))


@cache
def _by_name() -> dict[str, fonts.Face]:
    return {f"{face.path}#{face.index}": face for face in fonts.everything() if face.family not in HELD_OUT}


def _upright(face: fonts.Face) -> bool:
    odd = face.path.stem.startswith(("DSEG7SEGG", "OCRBE", "OCRBF", "OCRBL"))  # with faces, boxed, outlined, slanted
    return "italic" not in face.tags and not odd


@cache
def family(kind: str) -> tuple[str, ...]:
    """The upright faces of a kind that are installed, in a fixed order; raises with what to do when there is none."""
    found = tuple(name for each in KINDS[kind] for name, face in _by_name().items() if face.family == each and _upright(face))
    if not found:
        raise FileNotFoundError(f"no font of the kind {kind!r} ({', '.join(KINDS[kind])}): run scripts/foundry/fonts.sh")
    return found


def holds(name: str, text: str) -> bool:
    """Whether the face draws every character of the text."""
    return _ASCII.issuperset(text) if name in STROKED else _by_name()[name].has(text)


def holding(kind: str, text: str) -> tuple[str, ...]:
    """The faces of a kind that can draw every character of the text."""
    return tuple(name for name in family(kind) if holds(name, text))


def bitmap_size(name: str) -> int:
    """The size at which a pixel font is drawn as its maker meant, 0 for any other."""
    stem = name.split("#", maxsplit=1)[0].rsplit("/", 1)[-1]
    return {"spleen-6x12.otf": 12, "spleen-8x16.otf": 16, "unifont.otf": 16}.get(stem, 0)
