"""The codes of industry: each source draws one line and says what it drew."""

from scripts.foundry.codes.dot_matrix import dot_matrix
from scripts.foundry.codes.handwritten import handwritten_digits
from scripts.foundry.codes.labels import inscription, ocr_ab, panel, serial_plate, thermal, thermal_transfer, typewriter
from scripts.foundry.codes.plate_cn import plate_cn
from scripts.foundry.codes.plates import plate_br, plate_eu, plate_in, plate_us
from scripts.foundry.codes.relief import dot_peen, embossed, laser, stencil
from scripts.foundry.codes.roller import roller
from scripts.foundry.codes.segments import fourteen, segments
from scripts.foundry.codes.turned import upside_down
from scripts.foundry.codes.wire_marker import wire_marker
from scripts.foundry.sample import Source

__all__ = ["SOURCES", "upside_down"]

SOURCES: dict[str, tuple[float, Source]] = {
    "dot_matrix": (3.0, dot_matrix),
    "dot_peen": (0.7, dot_peen),
    "laser": (1.0, laser),
    "embossed": (1.0, embossed),
    "stencil": (0.6, stencil),
    "thermal_transfer": (1.5, thermal_transfer),
    "segments": (3.0, segments),
    "fourteen": (0.4, fourteen),
    "roller": (2.0, roller),
    "ocr_ab": (0.6, ocr_ab),
    "thermal": (0.8, thermal),
    "panel": (0.8, panel),
    "typewriter": (0.4, typewriter),
    "serial_plate": (1.0, serial_plate),
    "inscription": (2.0, inscription),
    "wire_marker": (3.0, wire_marker),
    "plate_cn": (1.2, plate_cn),
    "plate_eu": (2.0, plate_eu),
    "plate_br": (1.2, plate_br),
    "plate_us": (2.0, plate_us),
    "plate_in": (2.0, plate_in),
    "handwritten_digits": (1.3, handwritten_digits),
}
"""Name -> how often it is drawn beside the others, and the source."""
