"""The trigger that a camera's section asks for."""

from edged.config import TriggerSection
from edged.flow.parts.triggers.base import Trigger
from edged.flow.parts.triggers.gpio import Gpio, LibgpiodEdges
from edged.flow.parts.triggers.scene import motion, presence
from edged.flow.parts.triggers.timed import Asked, Interval


def make_trigger(section: TriggerSection) -> Trigger:
    """Of that kind, beginning anew."""
    match section.kind:
        case "presence":
            return presence(section)
        case "motion":
            return motion(section)
        case "interval":
            return Interval(section.every_seconds)
        case "mqtt":
            return Asked()
        case "gpio":
            return Gpio(section, LibgpiodEdges)
