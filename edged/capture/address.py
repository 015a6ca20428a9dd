"""Where FFmpeg is sent, and with what."""

from typing import Final
from urllib.parse import quote, urlsplit

from edged.capture.protocol import Order

MAX_USERINFO: Final = 127  # characters of user and password, encoded: FFmpeg cuts longer ones off (rtsp.h: auth[128])
_WHITELIST: Final = {  # what a stream may make FFmpeg open: no file of this machine, no other address by another protocol
    "rtsp": "rtsp,rtp,srtp,tcp,udp,tls",
    "rtsps": "rtsp,rtsps,rtp,srtp,tcp,udp,tls",
    "http": "http,tcp",
    "https": "https,http,tls,tcp",
}
_PROBE: Final = "analyzeduration;500000"  # microseconds; by default the first frame comes 2.5 s late, and old


def userinfo(username: str, password: str | None) -> str:
    """User and password as they stand in an address."""
    return quote(username, safe="") + ("" if password is None else f":{quote(password, safe='')}")


def with_userinfo(order: Order) -> str:
    """The address of a stream, with user and password."""
    if order.username is None:
        return order.place
    scheme, _, rest = order.place.partition("://")
    return f"{scheme}://{userinfo(order.username, order.password)}@{rest}"


def ffmpeg_options(order: Order) -> str:
    """What OpenCV takes from OPENCV_FFMPEG_CAPTURE_OPTIONS: `key;value|key;value`."""
    if order.kind != "stream":
        return "protocol_whitelist;file"
    scheme = urlsplit(order.place).scheme
    options = [f"protocol_whitelist;{_WHITELIST[scheme]}", _PROBE]
    if scheme.startswith("rtsp"):
        options.append(f"rtsp_transport;{order.transport}")
    return "|".join(options)
