"""What a picture file says of itself, read from its bytes alone.

`inspect` names the format, proves that the file is whole, and reads its header; `check_limits` refuses
by that header. Both run before any decoder sees the bytes: OpenCV returns half a picture for half a
file, and takes the memory that a header asks for. No picture library is imported here.
"""

from edged.flow.formats.dispatch import inspect
from edged.flow.formats.header import Alpha, Format, Header
from edged.flow.formats.limits import check_limits, check_size

__all__ = ["Alpha", "Format", "Header", "check_limits", "check_size", "inspect"]
