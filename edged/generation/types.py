"""What reads for one configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edged.flow.detect import Detector
from edged.flow.model_files import LoadedDetector, LoadedModel
from edged.flow.part_reader import PartReader
from edged.flow.reader import Reader
from edged.flow.recognise import Recogniser
from edged.types import ModelRef, SourceName


class Opened(NamedTuple):
    """A model that can read."""

    model: LoadedModel
    recogniser: Recogniser


class OpenedDetector(NamedTuple):
    """A model that finds text."""

    model: LoadedDetector
    detector: Detector


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Everything that reads, for one configuration."""

    readers: Mapping[SourceName, Reader | PartReader]
    opened: tuple[Opened, ...]  # each model once
    model: ModelRef  # the daemon's own
    detectors: tuple[OpenedDetector, ...] = ()  # none where no source looks for text

    @property
    def recognisers(self) -> tuple[Recogniser, ...]:
        """What reads."""
        return tuple(recogniser for _, recogniser in self.opened)

    @property
    def engines(self) -> tuple[Recogniser | Detector, ...]:
        """What is to be closed one day, unless a later generation has it, too."""
        return (*self.recognisers, *(detector for _, detector in self.detectors))

    @property
    def models(self) -> frozenset[ModelRef]:
        """What its readings may say of their model."""
        return frozenset(model.ref for model, _ in self.opened)
