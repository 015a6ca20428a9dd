"""The model at work: lines go in, what it sees of each step comes out."""

from edged.flow.recognise.recogniser import Recogniser

__all__ = ["Recogniser"]
