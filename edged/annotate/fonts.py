"""Which font draws: the first of these that is there. Each has Chinese and Latin letters."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/usr/share/fonts")
FONTS: Final = (
    _ROOT / "truetype/wqy/wqy-microhei.ttc",  # fonts-wqy-microhei, 5 MB: what the set-ups install
    _ROOT / "truetype/droid/DroidSansFallbackFull.ttf",  # fonts-droid-fallback
    _ROOT / "opentype/noto/NotoSansCJK-Regular.ttc",  # fonts-noto-cjk, 90 MB
    _ROOT / "truetype/wqy/wqy-zenhei.ttc",  # fonts-wqy-zenhei
)


def first_of(fonts: Iterable[Path] = FONTS) -> Path | None:
    """The first font that is there."""
    return next((font for font in fonts if font.is_file()), None)
