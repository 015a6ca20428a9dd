"""Where text stands in a frame.

fit.py       how large the frame is shown
tiles.py     what is larger than the detector's size, in tiles
network.py   how likely each pixel is text, and the detector as a whole
boxes.py     from that to boxes
closer.py    small ones looked at again
order.py     in the order in which they are read
crop.py      cut out, level
way_up.py    turned the way in which they are read
stacked.py   columns of characters, as rows
lines.py     as text lines for the recogniser
"""

from edged.flow.detect.boxes import MAX_BOXES, Corners
from edged.flow.detect.lines import lines_of
from edged.flow.detect.network import Detector
from edged.flow.detect.stacked import standing
from edged.flow.detect.way_up import the_right_way

__all__ = ["MAX_BOXES", "Corners", "Detector", "lines_of", "standing", "the_right_way"]
