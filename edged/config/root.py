"""The whole configuration."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from edged.config.box import ControlSection, DetectorSection, LogSection, MetricsSection, ModelSection, OutboxSection, RecogniseSection
from edged.config.broker import MqttSection
from edged.config.camera import CameraSection
from edged.config.folder import FolderSection
from edged.config.types import FilePath, Name, Section

SHIPPED = Path("/usr/share/edged/models")  # what the box came with
MAX_SOURCES = 64  # each has threads of its own
KINDS = ("folder", "camera")


def kind_of(source: Any) -> str:
    """As what a source is validated: what it says, else a folder."""
    said = source.get("kind") if isinstance(source, dict) else getattr(source, "kind", None)
    return said if said in KINDS else "folder"


SourceSection = Annotated[
    Annotated[FolderSection, Tag("folder")] | Annotated[CameraSection, Tag("camera")],
    Discriminator(kind_of),
]


class Config(Section):
    """The whole configuration."""

    version: Literal[1] = Field(description="version of this format")
    device: Name = Field(description="part of every topic; unique on the broker")
    state_dir: FilePath = Field(
        default=Path("/var/lib/edged"),
        description="database, models, last good configuration; its edged.d/*.yaml are laid over this file",
    )
    models_dir: FilePath = Field(default=SHIPPED, description="the shelf; /var/lib/edged/models is looked at first")
    model: ModelSection = Field(default=ModelSection(), description="which model reads")
    detector: DetectorSection = Field(default=DetectorSection(), description="which model finds text, for sources with layout detect")
    recognise: RecogniseSection = Field(default=RecogniseSection(), description="how much of the box the recogniser takes")
    mqtt: MqttSection = Field(default=MqttSection(), description="the broker")
    outbox: OutboxSection = Field(default=OutboxSection(), description="the disk between reading and broker")
    control: ControlSection = Field(default=ControlSection(), description="the control socket")
    log: LogSection = Field(default=LogSection(), description="the journal")
    metrics: MetricsSection = Field(default=MetricsSection(), description="counters for a monitoring system")
    sources: dict[Name, SourceSection] = Field(min_length=1, max_length=MAX_SOURCES, description="where pictures come from, by name")

    @property
    def base(self) -> str:
        """Start of all topics."""
        return self.mqtt.base or f"edged/{self.device}"

    @property
    def database(self) -> Path:
        """The outbox on disk."""
        return self.state_dir / "outbox.db"

    @property
    def folders(self) -> dict[str, FolderSection]:
        """The hot folders among the sources."""
        return {name: source for name, source in self.sources.items() if isinstance(source, FolderSection)}

    @property
    def cameras(self) -> dict[str, CameraSection]:
        """The cameras among the sources."""
        return {name: source for name, source in self.sources.items() if isinstance(source, CameraSection)}

    @property
    def models(self) -> frozenset[ModelSection]:
        """Every model that something reads with."""
        return frozenset({self.model, *(source.reads_with for source in self.sources.values() if source.reads_with)})

    @property
    def detectors(self) -> frozenset[DetectorSection]:
        """What finds text, where a source looks for it."""
        return frozenset({self.detector} if any(source.layout == "detect" for source in self.sources.values()) else ())

    @property
    def dictionary_files(self) -> frozenset[Path]:
        """Every file of texts that a source goes by."""
        places = [place for source in self.sources.values() for place in (source.rules, *source.fields.values())]
        return frozenset(place.dictionary_file for place in places if place.dictionary_file is not None)

    @property
    def reference_files(self) -> frozenset[Path]:
        """Every picture that a source finds its part by."""
        return frozenset(source.align.reference for source in self.sources.values() if source.align is not None)

    @property
    def client_id(self) -> str:
        """MQTT client id: stable, so that the broker knows us again."""
        return self.mqtt.client_id or f"edged-{self.device}"
