"""The codes of industry: each source draws one line and says what it drew."""

from scripts.foundry.codes.dot_matrix import dot_matrix
from scripts.foundry.codes.plate_cn import plate_cn
from scripts.foundry.codes.roller import roller
from scripts.foundry.codes.segments import fourteen, segments
from scripts.foundry.codes.wire_marker import wire_marker
from scripts.foundry.sample import Source

SOURCES: dict[str, tuple[float, Source]] = {
    "dot_matrix": (3.0, dot_matrix),
    "segments": (3.0, segments),
    "fourteen": (0.5, fourteen),
    "roller": (2.0, roller),
    "plate_cn": (1.5, plate_cn),
    "wire_marker": (3.0, wire_marker),
}
"""Name -> how often it is drawn beside the others, and the source."""
