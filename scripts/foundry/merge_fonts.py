"""Merge the sliced woff2 files of one @fontsource package to one ttf a weight (needs fonttools and brotli).

merge_fonts.py PACKAGE TARGET FAMILY WEIGHTS        writes TARGET/FAMILY-WEIGHT.ttf
merge_fonts.py --have TARGET FAMILY WEIGHTS         exits with 0 where all of these are there
"""

import re
import sys
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

TABLES = ("GSUB", "GPOS", "GDEF", "kern", "DSIG", "vhea", "vmtx", "STAT", "gasp", "fpgm", "prep", "cvt ", "hdmx", "VDMX", "meta")
LATIN = ("latin", "latin-ext")


def slices(package: Path, family: str, weight: str) -> list[Path]:
    """Latin first, as its outlines win where two slices draw the same character."""
    found = {
        p.name.removeprefix(f"{family}-").removesuffix(f"-{weight}-normal.woff2"): p for p in package.glob(f"files/*-{weight}-normal.woff2")
    }
    wanted = [key for key in found if key in LATIN or re.fullmatch(r"\d+|chinese-simplified", key)]
    return [found[key] for key in sorted(wanted, key=lambda key: (key not in LATIN, key))]


def merge(paths: list[Path]) -> TTFont:
    """The first font, with the outlines of the others that it lacks appended under new names (layout tables dropped)."""
    base = TTFont(paths[0])
    for table in TABLES:
        if table in base:
            del base[table]
    cmap: dict[int, str] = dict(base.getBestCmap())
    order = list(base.getGlyphOrder())
    glyphs, metrics = base["glyf"], base["hmtx"].metrics
    for number, path in enumerate(paths[1:]):
        other = TTFont(path)
        names: dict[str, str] = {}
        todo = [(code, name) for code, name in other.getBestCmap().items() if code not in cmap]
        stack = [name for _, name in todo]
        while stack:
            name = stack.pop()
            if name not in names:
                names[name] = f"s{number}.{name}"
                glyph = other["glyf"][name]
                stack += [part.glyphName for part in glyph.components] if glyph.isComposite() else []
        for name, renamed in names.items():
            glyph = other["glyf"][name]
            for part in glyph.components if glyph.isComposite() else ():
                part.glyphName = names[part.glyphName]
            glyphs.glyphs[renamed] = glyph
            metrics[renamed] = other["hmtx"].metrics[name]
            order.append(renamed)
        cmap.update({code: names[name] for code, name in todo})
    base.setGlyphOrder(order)
    glyphs.glyphOrder = order
    base["maxp"].numGlyphs = len(order)
    base["post"].formatType = 3.0
    table = CmapSubtable.newSubtable(12)
    table.platformID, table.platEncID, table.language, table.cmap = 3, 10, 0, cmap
    base["cmap"].tables = [table]
    base.flavor = None
    return base


def main(arguments: list[str]) -> int:
    """Merge, or say whether it was done."""
    if arguments[0] == "--have":
        target, family, weights = Path(arguments[1]), arguments[2], arguments[3].split(",")
        return 0 if all((target / f"{family}-{weight}.ttf").exists() for weight in weights) else 1
    package, target, family, weights = Path(arguments[0]), Path(arguments[1]), arguments[2], arguments[3].split(",")
    for weight in weights:
        paths = slices(package, family, weight)
        if not paths:
            print(f"{family}: no slices of weight {weight} in {package}; choose one of its files/*", file=sys.stderr)
            return 1
        merge(paths).save(target / f"{family}-{weight}.ttf")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
