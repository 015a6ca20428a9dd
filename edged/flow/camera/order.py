"""What the child is told to open."""

import os
from pathlib import Path
from urllib.parse import unquote

from edged.capture.protocol import Kind, Order
from edged.config import CameraSection


def kind_of(url: str) -> Kind:
    """What stands behind an address; of a file, what is there now."""
    scheme, _, rest = url.partition("://")
    if scheme == "v4l2":
        return "v4l2"
    if scheme == "file":
        return "pictures" if Path(unquote(rest)).is_dir() else "video"
    return "stream"


def order_of(section: CameraSection) -> Order:
    """The order for a section, without its password."""
    kind = kind_of(section.url)
    device, play = section.v4l2, section.file
    return Order(
        kind=kind,
        place=section.url if kind == "stream" else os.path.normpath(unquote(section.url.partition("://")[2])),
        username=section.username,
        transport=section.transport,
        open_ms=round(section.open_seconds * 1000),
        read_ms=round(section.read_seconds * 1000),
        max_pixels=section.limits.max_pixels,
        max_side=section.limits.max_side,
        format=device.format,
        width=device.width,
        height=device.height,
        fps=device.fps if kind == "v4l2" else play.fps,
        controls=dict(device.controls),
        fast=play.pace == "fast" and kind in ("video", "pictures"),
        loop=play.loop,
    )
