"""Accuracy against speed as a picture, written as SVG by hand: right and up is better."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from scripts.peers.table import Row

_WIDTH: Final = 720
_HEIGHT: Final = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 690, 54, 348  # of the field
_STYLE: Final = "font-family:system-ui,-apple-system,'DejaVu Sans',sans-serif"
_OURS: Final = "#2f6fdb"
_THEIRS: Final = "#8a94a6"
_LINE: Final = 15  # the least distance of two names


def scatter(title: str, note: str, rows: Sequence[Row]) -> str:
    """A point for each that was measured: lines a second to the right (each step ten times), exact upwards."""
    shown = [row for row in rows if not row.problem]
    slowest, fastest = (edge(row.per_second for row in shown) for edge in (min, max)) if shown else (1.0, 10.0)
    first, last = math.floor(math.log10(slowest)), math.floor(math.log10(fastest)) + 1
    lowest = min(0.9, math.floor(min((row.headline for row in shown), default=0.0) * 10) / 10)
    highest = min(1.0, math.floor(max((row.headline for row in shown), default=0.9) * 10 + 1) / 10)

    def place(row: Row) -> tuple[float, float]:
        x = _LEFT + (_RIGHT - _LEFT) * (math.log10(row.per_second) - first) / (last - first)
        return x, _height(row.headline, lowest, highest)

    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#ffffff"/>',
            _text(20, 28, title, "font-size:15px;font-weight:600", "#1b2330"),
            *_grid(first, last, lowest, highest),
            *_points([(row, *place(row)) for row in shown]),
            _text(20, _HEIGHT - 14, note, "font-size:11px", "#667085"),
            "</svg>\n",
        )
    )


def _height(share: float, lowest: float, highest: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (share - lowest) / (highest - lowest)


def _grid(first: int, last: int, lowest: float, highest: float) -> Iterator[str]:
    for power in range(first, last + 1):
        x = _LEFT + (_RIGHT - _LEFT) * (power - first) / (last - first)
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_BOTTOM}" stroke="#e4e7ec"/>'
        yield _text(x, _BOTTOM + 18, f"{10.0**power:g}", "font-size:11px", "#667085", "middle")
    for tenth in range(round(lowest * 10), round(highest * 10) + 1):
        y = _height(tenth / 10, lowest, highest)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}" stroke="#e4e7ec"/>'
        yield _text(_LEFT - 8, y + 4, f"{tenth / 10:.0%}", "font-size:11px", "#667085", "end")
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 36, "lines a second", "font-size:12px", "#344054", "middle")
    yield _text(_LEFT, _TOP - 8, "lines read right", "font-size:12px", "#344054", "middle")


def _points(placed: Sequence[tuple[Row, float, float]]) -> Iterator[str]:
    """Points, and their names beside them; a name that would lie on another goes below it."""
    lowest_name = -math.inf
    for row, x, y in sorted(placed, key=lambda one: one[2]):
        colour, left = _OURS if row.ours else _THEIRS, x > (_LEFT + _RIGHT) * 0.6
        lowest_name = max(y + 4, lowest_name + _LINE)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>'
        weight = ";font-weight:600" if row.ours else ""
        yield _text(x - 11 if left else x + 11, lowest_name, row.name, f"font-size:12px{weight}", "#1b2330", "end" if left else "start")


def _text(x: float, y: float, text: str, style: str, colour: str, anchor: str = "start") -> str:  # noqa: PLR0917 - a place, a text, a look
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{_STYLE};{style}" fill="{colour}">{escape(text)}</text>'
