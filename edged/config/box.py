"""What belongs to the box: its model, its share of the CPU, its disk, its socket, its journal."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from edged.config.types import FilePath, Name, Section


class ModelSection(Section):
    """Which model reads."""

    name: Name = Field(default="crnn-zh-en", description="folder of the model in models_dir")
    precision: Literal["auto", "fp16", "int8"] = Field(default="auto", description="auto takes the best that the model has for this CPU")


class DetectorSection(ModelSection):
    """Which model finds text, for sources with layout detect."""

    name: Name = Field(default="db-v6-small", description="folder of the model in models_dir")


class RecogniseSection(Section):
    """How much of the box the recogniser takes."""

    threads: int = Field(default=0, ge=0, le=64, description="CPU threads for inference; 0 takes all cores")
    requests: int = Field(default=0, ge=0, le=16, description="inferences in flight; 0 takes one per thread")


class OutboxSection(Section):
    """The disk between reading and broker."""

    max_bytes: int = Field(default=512 * 2**20, ge=8 * 2**20, description="budget of the database; full stops intake and drops nothing")
    reserve_bytes: int = Field(
        default=32 * 2**20, ge=0, le=2**40, description="file kept beside it, given up when the disk is full; 0 keeps none"
    )
    keep_sent_days: float = Field(default=7.0, ge=0, le=3650, description="how long sent readings stay for replay")


class ControlSection(Section):
    """The control socket of the running daemon."""

    socket: FilePath = Field(default=Path("/run/edged/control.sock"), description="unix socket, mode 0660")


class LogSection(Section):
    """The journal."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="info is one line per reading at most")


class MetricsSection(Section):
    """Counters for a monitoring system."""

    file: FilePath | None = Field(default=None, description="text file for Prometheus' node_exporter (*.prom); none writes none")
    every_seconds: float = Field(default=15.0, ge=1, le=3600, description="pause between two writes of the file")
