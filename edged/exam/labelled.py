"""A folder of labelled lines: `<source>/<split>.tsv`, path TAB text, the pictures beside it; or one such source alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edged.errors import UsageError

_USUAL: Final = "dev"  # taken where a source has several splits and none was named
_LAYOUT: Final = "the layout is <source>/<split>.tsv, a line `path TAB text` for each picture, its path relative to the table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One picture, and what it shows."""

    source: str
    key: str  # `<source>/<path>`
    path: Path
    text: str


def labelled(tree: Path, split: str | None = None) -> list[Labelled]:
    """All lines of the split; without one, of the only table of each source, or its `dev.tsv`.

    Raises:
        UsageError: There is no table, one cannot be read, or says something else than paths and texts.
    """
    if not tree.is_dir():
        message = f"{tree}: {'is no folder' if tree.exists() else 'there is no such folder'}"
        raise UsageError(message, hint=_LAYOUT)
    alone = any(tree.glob("*.tsv"))
    folders = [tree] if alone else sorted(path for path in tree.iterdir() if path.is_dir())
    tables = [table for folder in folders if (table := _table(folder, split)) is not None]
    lines = [line for table in tables for line in _lines(table)]
    if not lines:
        wanted = f"{split}.tsv" if split else "table (*.tsv)"
        found = f"{len(tables)} tables without a line" if tables else f"no {wanted} in it or in its {len(folders)} folders"
        message = f"{tree}: {found}"
        raise UsageError(message, hint=_LAYOUT)
    return lines


def _table(folder: Path, split: str | None) -> Path | None:
    tables = {path.stem: path for path in sorted(folder.glob("*.tsv"))}
    if split is not None or len(tables) < 2:
        return tables.get(split) if split is not None else next(iter(tables.values()), None)
    if _USUAL not in tables:
        message = f"{folder}: has several tables: {', '.join(path.name for path in tables.values())}"
        raise UsageError(message, hint="say which with --split NAME, without .tsv")
    return tables[_USUAL]


def _lines(table: Path) -> Iterator[Labelled]:
    try:
        rows = table.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{table}: cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8'}"
        raise UsageError(message, hint="see that you may read it, and save it as UTF-8") from error
    source, seen = table.absolute().parent.name, Counter[str]()
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        path, tab, text = row.partition("\t")
        if not tab or "\t" in text or not path:
            message = f"{table}:{number}: {row.count(chr(9))} tabs found in {row[:80]!r}, expected a path, one tab and the text"
            raise UsageError(message, hint="save it with tabs between the columns, two in each line")
        seen[path] += 1
        if seen[path] > 1:
            message = f"{table}:{number}: {path} stands in the table twice"
            raise UsageError(message, hint="a picture is one line: leave one of the two")
        yield Labelled(source=source, key=f"{source}/{path}", path=table.parent / path, text=text)
