"""Cameras that really capture, from the keys of their section."""

import json
import random
from typing import Any

from edged.config import CameraSection
from edged.flow.camera.capture import Capture
from edged.flow.camera.course import Times
from edged.flow.camera.link import Link
from edged.types import SourceName

QUICK = Times(first=0.02, longest=0.05, longest_refused=0.05, grace=0.2, hung=1.5)


def section_of(keys: dict[str, Any]) -> CameraSection:
    """The section that an operator would write so."""
    return CameraSection.model_validate_json(json.dumps({"kind": "camera"} | keys))


def capture_of(keys: dict[str, Any], *, times: Times = QUICK, **more: Any) -> Capture:
    """A camera of this section that does not wait long before it looks again."""
    return Capture(SourceName("gate"), section_of(keys), rng=random.Random(1), times=times, **more)


def odd_capture(program: str, keys: dict[str, Any], *, times: Times = QUICK) -> Capture:
    """One whose child is another *program*."""
    return capture_of(keys, times=times, link=lambda: Link(program.split()))
