"""Each camera: opened by the same process that the daemon captures with, unless the daemon has it."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edged.config import CameraSection
from edged.doctor.case import Case
from edged.doctor.finding import Finding, bad, doubt, good
from edged.flow.camera.capture import Capture
from edged.flow.camera.states import TROUBLES
from edged.types import Frame, SourceName

_START_SECONDS: Final = 15.0  # for the process, on a slow card


def check(case: Case) -> Iterator[Finding]:
    """Every camera."""
    running = (case.daemon or {}).get("sources", {})
    for name, section in case.config.cameras.items():
        told = running.get(name)
        if isinstance(told, dict) and section.url.startswith("v4l2://"):  # one program at a time
            yield _running(name, told)
        else:
            yield _tried(name, section, case)


def _running(name: str, told: Mapping[str, Any]) -> Finding:
    """What the daemon says of a device that only one program may have."""
    state = str(told.get("state", "unknown"))
    if state in TROUBLES:
        return bad(f"source {name}: the running daemon says that its camera is {state}", "edged status says in its health what to do")
    return good(f"source {name}: the running daemon has its camera, {state}{_shape(told)}")


def _tried(name: str, section: CameraSection, case: Case) -> Finding:
    """Open it, and wait for one frame."""
    capture = Capture(SourceName(name), section, environ=case.environ)
    capture.open()
    try:
        frame = _first(capture, _START_SECONDS + section.open_seconds + section.read_seconds)
        told, trouble = capture.told(), capture.trouble
    finally:
        capture.close()
    what, _, remedy = (trouble or f"{section.url} shows nothing; try again").rpartition("; ")
    if frame is None:
        return bad(f"source {name}: {what}", remedy)
    text = f"source {name}: {section.url} shows frames{_shape(told)}"
    return doubt(f"{text}; {what}", remedy) if trouble else good(text)


def _first(capture: Capture, seconds: float) -> Frame | None:
    """Its first frame, unless it fails before."""
    until, frame = time.monotonic() + seconds, None
    while frame is None and not (capture.looked and capture.trouble) and not capture.ended and time.monotonic() < until:
        frame = capture.newer(0, 0.2)
    return frame


def _shape(told: Mapping[str, Any]) -> str:
    """Size, rate and settings, as far as it says."""
    parts = [f"{told['width']} x {told['height']}"] if "width" in told else []
    parts += [f"{told['fps']:g} frames per second"] if told.get("fps") else []
    parts += [str(told["format"])] if told.get("format") else []
    parts += [f"{name} {value}" for name, value in told.get("controls", {}).items()]
    return f", {', '.join(parts)}" if parts else ""
