"""From an upright picture to a text line of model height, by pure steps that can each be switched."""

from edged.flow.preprocess.chain import normalised, prepare
from edged.flow.preprocess.level import level

__all__ = ["level", "normalised", "prepare"]
