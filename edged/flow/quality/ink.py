"""What of a text line is ink, by Otsu's threshold: the rarer of light and dark (Otsu 1979)."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

_ROW: Final = 0.25  # of a full row: less ink than this is a speck or a tail


def ink_of(lightness: Grey) -> Grey:
    """Tell ink from ground in an H x W line: 1 where ink is."""
    _, light = cv2.threshold(lightness, 0, 1, cv2.THRESH_OTSU)
    ink: Grey = (1 - light if np.mean(light) > 0.5 else light).astype(np.uint8)
    return ink


def level(lightness: Grey, *shares: float) -> list[float]:
    """The lightness that such a share of the pixels does not exceed, for each of the *shares*; by counting, not by sorting."""
    counts = np.bincount(np.ravel(lightness), minlength=256).cumsum()
    return [float(np.searchsorted(counts, share * counts[-1])) for share in shares]


def text_height(ink: Grey) -> int:
    """Pixels from the first to the last row that holds a good part of a row's ink; 0 where there is none."""
    rows = ink.mean(axis=1)
    full = float(np.percentile(rows, 90))
    (found,) = np.nonzero(rows >= max(_ROW * full, 1e-6))
    return int(found[-1] - found[0] + 1) if found.size else 0


def touching(ink: Grey) -> float:
    """The share of the ink whose connected area reaches an edge of the crop, 0..1."""
    total = int(ink.sum())
    if not total:
        return 0.0
    _, areas, stats, _ = cv2.connectedComponentsWithStats(ink)
    edge = np.unique(np.concatenate((areas[0], areas[-1], areas[:, 0], areas[:, -1])))
    return float(stats[edge[edge > 0], cv2.CC_STAT_AREA].sum()) / total
