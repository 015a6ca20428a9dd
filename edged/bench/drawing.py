"""The figures as a picture: bars, written as SVG by hand."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

_WIDTH: Final = 720
_LEFT: Final = 150  # of the bars
_ROOM: Final = 400  # for the longest bar
_ROW: Final = 38
_TOP: Final = 46
_COLOURS: Final = ("#8a94a6", "#2f6fdb", "#2f6fdb", "#2f6fdb")
_STYLE: Final = "font-family:system-ui,-apple-system,'DejaVu Sans',sans-serif"


def bars(title: str, note: str, rows: Sequence[tuple[str, float, float]]) -> str:
    """One bar a row: its name, its rate and its ratio to the first."""
    height = _TOP + _ROW * len(rows) + 34
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
            f'<text x="20" y="28" style="{_STYLE};font-size:15px;font-weight:600" fill="#1b2330">{escape(title)}</text>',
            *_rows(rows),
            f'<text x="20" y="{height - 14}" style="{_STYLE};font-size:11px" fill="#667085">{escape(note)}</text>',
            "</svg>\n",
        )
    )


def _rows(rows: Sequence[tuple[str, float, float]]) -> Iterator[str]:
    longest = max(rate for _, rate, _ in rows)
    for index, (name, rate, ratio) in enumerate(rows):
        y, length = _TOP + _ROW * index, _ROOM * rate / longest
        middle = y + 19
        yield f'<text x="{_LEFT - 12}" y="{middle}" text-anchor="end" style="{_STYLE};font-size:13px" fill="#344054">{escape(name)}</text>'
        yield f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="28" rx="3" fill="{_COLOURS[min(index, 3)]}"/>'
        text = f"{rate:.0f} per second" + (f", {ratio:.0%}" if index else "")
        yield f'<text x="{_LEFT + length + 8:.1f}" y="{middle}" style="{_STYLE};font-size:13px" fill="#1b2330">{text}</text>'
