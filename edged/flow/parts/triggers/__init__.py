"""What says that a part is there, each kind behind `Trigger`."""

from edged.flow.parts.triggers.base import Fired, Sight, Trigger
from edged.flow.parts.triggers.make import make_trigger

__all__ = ["Fired", "Sight", "Trigger", "make_trigger"]
