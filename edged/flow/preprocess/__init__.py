"""From an upright picture to a text line of model height, by pure steps that can each be switched."""

from edged.flow.preprocess.chain import prepare

__all__ = ["prepare"]
