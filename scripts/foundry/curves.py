"""The curves of a training as an SVG: losses above on a logarithmic scale, shares from 0 to 1 below. No drawing library."""

import math
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

History = Sequence[Mapping[str, float]]

_WIDE: Final = 860
_TALL: Final = 250
_LEFT, _RIGHT, _TOP, _GAP = 56, 190, 34, 40
_COLOURS: Final = ("#3366cc", "#dc3912", "#109618", "#990099", "#0099c6", "#b77700", "#dd4477", "#557700", "#994499", "#336666")


def svg(history: History, *, losses: Sequence[str], title: str) -> str:
    """One point an epoch and a line a figure; *losses* names those of the upper panel, all other figures within 0..1 go below."""
    names = dict.fromkeys(name for row in history for name in row)
    shares = [n for n in names if n not in losses and all(0 <= row[n] <= 1 for row in history if n in row)]
    panels = [
        _panel(history, [n for n in losses if n in names], "loss", top=_TOP, logarithmic=True),
        _panel(history, shares, "share read right", top=_TOP + _TALL + _GAP, logarithmic=False),
    ]
    height = _TOP + 2 * (_TALL + _GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {height}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{_WIDE}" height="{height}" fill="#fff"/>\n<text x="{_LEFT}" y="18" font-size="14">{escape(title)}</text>\n'
        + "\n".join(panels)
        + "\n</svg>\n"
    )


def _panel(history: History, names: Sequence[str], caption: str, *, top: int, logarithmic: bool) -> str:
    scale = (lambda v: math.log10(max(v, 1e-4))) if logarithmic else float
    values = [scale(row[n]) for row in history for n in names if n in row]
    low, high = (math.floor(min(values)), math.ceil(max(values))) if logarithmic and values else (0, 1)
    high += high == low
    right, bottom = _WIDE - _RIGHT, top + _TALL

    def place(epoch: int, value: float) -> tuple[float, float]:
        along = epoch / max(1, len(history) - 1)
        return _LEFT + along * (right - _LEFT), bottom - (value - low) / (high - low) * _TALL

    parts = [f'<rect x="{_LEFT}" y="{top}" width="{right - _LEFT}" height="{_TALL}" fill="none" stroke="#bbb"/>']
    ticks = range(low, high + 1) if logarithmic else (0, 0.25, 0.5, 0.75, 1)
    for tick in ticks:
        y = place(0, tick)[1]
        parts += [f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#eee"/>']
        parts += [f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**tick if logarithmic else tick:g}</text>']
    parts += [f'<text x="{_LEFT}" y="{bottom + 16}">epoch 1</text>']
    parts += [f'<text x="{right}" y="{bottom + 16}" text-anchor="end">{len(history)}: {caption}</text>']
    lines = {n: [place(e, scale(row[n])) for e, row in enumerate(history) if n in row] for n in names}
    parts += [_line(points, _COLOURS[i % len(_COLOURS)]) for i, points in enumerate(lines.values())]
    return "\n".join(parts + _legend(history, lines, right, top))


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>' for x, y in points)
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.5"/>{dots}'


def _legend(history: History, lines: Mapping[str, Sequence[tuple[float, float]]], right: int, top: int) -> list[str]:
    """Names with their last values, beside the ends of their lines as far as they do not lie on one another."""
    order = sorted(lines, key=lambda n: lines[n][-1][1])
    parts, below = [], float(top)
    colours = {n: _COLOURS[i % len(_COLOURS)] for i, n in enumerate(lines)}
    for name in order:
        last = next(row[name] for row in reversed(history) if name in row)
        y = max(lines[name][-1][1] + 4, below)
        below = y + 14
        parts += [f'<text x="{right + 8}" y="{y:.1f}" fill="{colours[name]}">{escape(name)} {last:.4g}</text>']
    return parts
