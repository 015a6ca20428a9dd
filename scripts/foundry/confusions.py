"""What a model takes for what, as a picture: a bar for each pair, the commonest first. No drawing library."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

_WIDE: Final = 860
_ROW: Final = 22
_TOP: Final = 44
_COLUMNS: Final = 2
_NAMED: Final = 110  # pixels before a bar
_LONGEST: Final = 250


def svg(rows: Sequence[tuple[str, str, int]], title: str) -> str:
    """*rows*: what stands there, what is read, how often; an empty text is nothing at all."""
    each = -(-len(rows) // _COLUMNS)
    most = max((count for _, _, count in rows), default=1)
    bars = [_bar(row, most, _WIDE // _COLUMNS * (i // each), _TOP + _ROW * (i % each)) for i, row in enumerate(rows)]
    height = _TOP + _ROW * each + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {height}" font-family="sans-serif" font-size="13">\n'
        f'<rect width="{_WIDE}" height="{height}" fill="#fff"/>\n<text x="16" y="24" font-size="15">{escape(title)}</text>\n'
        + "\n".join(bars)
        + "\n</svg>\n"
    )


def _bar(row: tuple[str, str, int], most: int, left: int, top: int) -> str:
    there, read, count = row
    length = count / most * _LONGEST
    named = f"{_shown(there)} → {_shown(read)}"
    return (
        f'<text x="{left + _NAMED - 8}" y="{top + 15}" text-anchor="end">{escape(named)}</text>'
        f'<rect x="{left + _NAMED}" y="{top + 4}" width="{length:.1f}" height="{_ROW - 8}" fill="#3366cc"/>'
        f'<text x="{left + _NAMED + length + 6:.1f}" y="{top + 15}" fill="#555">{count}</text>'
    )


def _shown(character: str) -> str:
    return {"": "nothing", " ": "space"}.get(character, character)
