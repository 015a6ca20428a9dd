"""What FFmpeg prints, without what nobody may read."""

import base64
import re
from collections.abc import Iterable
from typing import Final

from edged.capture.address import userinfo

_USERINFO: Final = re.compile(r"(?<=://)[^/\s]*@")
_STAR: Final = "***"


def secrets(username: str | None, password: str | None) -> tuple[str, ...]:
    """Every form in which a password may show: as it is, in an address, in a header."""
    if not password:
        return ()
    user = username or ""
    header = base64.b64encode(f"{user}:{password}".encode()).decode()
    return tuple(sorted({password, userinfo(password, None), header}, key=len, reverse=True))


def redacted(text: str, hidden: Iterable[str]) -> str:
    """The text without users of addresses, and without any of *hidden*, whatever stands around it."""
    text = _USERINFO.sub(f"{_STAR}@", text)
    for secret in hidden:
        text = text.replace(secret, _STAR)
    return text
