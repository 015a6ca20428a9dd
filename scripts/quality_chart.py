"""Curves of lines that get worse, one field for each kind, written as SVG by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 720
_FIELD: Final = (64, 66, 272, 150)  # left, top, width, height of the first
_APART: Final = (344, 222)  # of two fields, to the right and down
_STYLE: Final = "font-family:system-ui,-apple-system,'DejaVu Sans',sans-serif"
_LINES: Final = (
    ("spoken", "the gate speaks", "#2f6fdb"),
    ("wrong", "read wrong", "#8a94a6"),
    ("wrong_and_sure", "wrong and sure", "#d9480f"),
    ("unsaid", "and nothing said yet", "#1b2330"),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """One kind; each share by step."""

    name: str
    strengths: tuple[float, ...]
    spoken: tuple[float, ...]
    wrong: tuple[float, ...]
    wrong_and_sure: tuple[float, ...]
    unsaid: tuple[float, ...]  # of these, where the gate has not spoken at this step or one before


def chart(title: str, curves: Sequence[Curve]) -> str:
    """Shares of the lines upwards, strength to the right."""
    height = _FIELD[1] + _APART[1] * -(-len(curves) // 2) + 10
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
            _text((20, 28), title, "font-size:15px;font-weight:600", "#1b2330"),
            *_names(),
            *(line for number, curve in enumerate(curves) for line in _field(curve, number)),
            "</svg>\n",
        )
    )


def _names() -> Iterator[str]:
    for number, (_, name, colour) in enumerate(_LINES):
        x = 64 + 150 * number
        yield f'<line x1="{x}" y1="44" x2="{x + 18}" y2="44" stroke="{colour}" stroke-width="2.5"/>'
        yield _text((x + 24, 48), name, "font-size:12px", "#344054")


def _field(curve: Curve, number: int) -> Iterator[str]:
    left, top = _FIELD[0] + _APART[0] * (number % 2), _FIELD[1] + _APART[1] * (number // 2)
    width, height = _FIELD[2:]
    for share in (0, 0.5, 1):
        y = top + height * (1 - share)
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" stroke="#e4e7ec"/>'
        yield _text((left - 8, y + 4), f"{share:.0%}", "font-size:11px", "#667085", "end")
    places = [left + width * at / (len(curve.strengths) - 1) for at in range(len(curve.strengths))]
    for x, strength in zip(places, curve.strengths, strict=True):
        yield _text((x, top + height + 16), f"{strength:g}", "font-size:11px", "#667085", "middle")
    yield _text((left + width / 2, top + height + 33), curve.name, "font-size:12px;font-weight:600", "#344054", "middle")
    for key, _, colour in _LINES:
        points = " ".join(f"{x:.1f},{top + height * (1 - share):.1f}" for x, share in zip(places, getattr(curve, key), strict=True))
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'


def _text(at: tuple[float, float], text: str, style: str, colour: str, anchor: str = "start") -> str:
    place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}"'
    return f'<text {place} style="{_STYLE};{style}" fill="{colour}">{escape(text)}</text>'
