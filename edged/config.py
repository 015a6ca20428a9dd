"""What the operator may say: every section with its keys, ranges and defaults.

A step gets its own section, never the whole `Config`. Reading a file, with lines and suggestions, is
`config_file.py`'s work; here stands only what is valid. All models are frozen and refuse unknown keys.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

MAX_SOURCES = 64  # each has threads of its own
NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
BASE_PATTERN = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
CREDENTIAL_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"
IGNORE_PATTERN = r"^[^/]+$"


def _as_typed(value: object) -> object:
    """A bare whole number where text is expected is the text that was typed: `protocol: 5`."""
    return str(value) if type(value) is int else value


def _spelled_out(value: object) -> object:
    """Refuse what would silently name another place than the operator meant."""
    if isinstance(value, str):
        if not value or not value.isprintable():
            kind, text = "path", "expected a path, without control characters"
            raise PydanticCustomError(kind, text)
        if value.startswith("~"):
            kind, text = "path", "expected a path; ~ is not expanded, write the whole path"
            raise PydanticCustomError(kind, text)
    return value


def _absolute(value: Path, info: ValidationInfo) -> Path:
    """A relative path is relative to the file, where there is one; `..` is resolved in the text alone."""
    folder = (info.context or {}).get("folder")
    return Path(os.path.normpath(folder / value)) if folder else value


def _host(value: str) -> str:
    """A host alone; the value is not repeated, for it may carry a password."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?\]?", value):
        return value
    kind, text = "host", "expected a host name or an address alone; port, user and TLS have keys of their own"
    raise PydanticCustomError(kind, text)


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, min_length=1, max_length=64), BeforeValidator(_as_typed)]
Text = Annotated[str, StringConstraints(min_length=1), BeforeValidator(_as_typed)]
TopicBase = Annotated[str, StringConstraints(pattern=BASE_PATTERN, max_length=256), BeforeValidator(_as_typed)]
Host = Annotated[str, StringConstraints(min_length=1), AfterValidator(_host)]
FilePath = Annotated[Path, BeforeValidator(_spelled_out), AfterValidator(_absolute)]
Credential = Annotated[str, StringConstraints(pattern=CREDENTIAL_PATTERN, max_length=255), BeforeValidator(_as_typed)]
NamePattern = Annotated[str, StringConstraints(pattern=IGNORE_PATTERN)]

IGNORED = (".*", "*.part", "*.partial", "*.tmp", "*.filepart", "*.crdownload", "~$*", "Thumbs.db", "desktop.ini", "@eaDir")


SHIPPED = Path("/usr/share/edged/models")  # what the box came with


class Section(BaseModel):
    """A frozen part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, strict=True)


class ModelSection(Section):
    """Which model reads."""

    name: Name = Field(default="ppocrv2-crnn", description="folder of the model in models_dir")
    precision: Literal["auto", "fp16", "int8"] = Field(default="auto", description="auto takes the best that the model has for this CPU")


class RecogniseSection(Section):
    """How much of the box the recogniser takes."""

    threads: int = Field(default=0, ge=0, le=64, description="CPU threads for inference; 0 takes all cores")
    requests: int = Field(default=0, ge=0, le=16, description="inferences in flight; 0 takes one per thread")


class TlsSection(Section):
    """TLS to the broker; the section's presence switches it on."""

    ca_file: FilePath | None = Field(default=None, description="PEM of the authority; none takes the system's")
    cert_file: FilePath | None = Field(default=None, description="PEM of the client certificate")
    key_file: FilePath | None = Field(default=None, description="PEM of the client key")


class MqttSection(Section):
    """The broker and how we meet it."""

    host: Host = Field(default="localhost", description="name or address of the broker")
    port: int = Field(default=1883, ge=1, le=65535, description="8883 is usual with tls")
    protocol: Annotated[Literal["5", "3.1.1"], BeforeValidator(_as_typed)] = Field(
        default="5", description="3.1.1 only for brokers that cannot do 5"
    )
    base: TopicBase | None = Field(default=None, description="start of all topics; none means edged/<device>")
    client_id: Name | None = Field(default=None, description="stable and unique on the broker; none means edged-<device>")
    username: Text | None = Field(default=None, description="none connects without a user")
    password_file: FilePath | None = Field(default=None, description="file whose first line is the password")
    password_credential: Credential | None = Field(default=None, description="name of the systemd credential with the password")
    keepalive_seconds: int = Field(default=30, ge=5, le=3600, description="a dead connection is noticed after about 1.5 times this")
    connect_timeout_seconds: float = Field(default=5.0, ge=1, le=60, description="for the TCP and TLS handshake")
    retry_max_seconds: float = Field(
        default=60.0, ge=1, le=3600, description="longest pause between two connects; the pause is random below it"
    )
    tls: TlsSection | None = Field(default=None, description="none connects without TLS")


class OutboxSection(Section):
    """The disk between reading and broker."""

    max_bytes: int = Field(default=512 * 2**20, ge=8 * 2**20, description="budget of the database; full stops intake and drops nothing")
    keep_sent_days: float = Field(default=7.0, ge=0, le=3650, description="how long sent readings stay for replay")


class ControlSection(Section):
    """The control socket of the running daemon."""

    socket: FilePath = Field(default=Path("/run/edged/control.sock"), description="unix socket, mode 0660")


class LogSection(Section):
    """The journal."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="info is one line per reading at most")


class LimitsSection(Section):
    """What is refused before it is decoded."""

    max_file_bytes: int = Field(default=32 * 2**20, ge=1024, le=2**30, description="larger files are refused unread")
    max_pixels: int = Field(default=40_000_000, ge=1024, le=2**28, description="width times height, from the header")
    max_side: int = Field(default=16_384, ge=32, le=65_535, description="longest side in pixels, from the header")


class PreprocessSection(Section):
    """Steps between the upright picture and the model; the order is fixed, each can be switched.

    The defaults are the chain that reads most lines right; ARCHITECTURE.md has the ablation.
    """

    fade: bool = Field(default=True, description="fade the colours to a third; coloured noise misleads")
    grey: bool = Field(default=False, description="drop the colours")
    contrast: bool = Field(default=False, description="CLAHE on the lightness")
    denoise: bool = Field(default=False, description="non-local means, slow")
    binarise: bool = Field(default=False, description="adaptive threshold; hurts photographs")
    deskew: bool = Field(default=False, description="straighten lines tilted within 15 degrees")
    invert: bool = Field(default=False, description="turn light text on dark into dark on light")


class FolderSection(Section):
    """A hot folder."""

    kind: Literal["folder"] = Field(default="folder", description="folder; cameras come with a later version")
    path: FilePath = Field(description="the drop folder; must exist")
    work: FilePath | None = Field(default=None, description="claimed files; none means <parent>/work/<source>")
    done: FilePath | None = Field(default=None, description="files that were read; none means <parent>/done/<source>")
    failed: FilePath | None = Field(default=None, description="files that were not; none means <parent>/failed/<source>")
    after: Literal["move"] = Field(default="move", description="files are moved to done or failed")
    layout: Literal["whole"] = Field(default="whole", description="whole: the picture is one text line")
    recursive: bool = Field(default=False, description="also watch the folders inside")
    order: Literal["arrival", "newest"] = Field(default="arrival", description="newest reads the latest file first")
    ignore: tuple[NamePattern, ...] = Field(default=IGNORED, description="shell patterns of names that are left alone")
    settle_seconds: float = Field(
        default=2.0, ge=0.1, le=3600, description="size and time unchanged that long, unless it was closed or moved in"
    )
    stalled_seconds: float = Field(default=60.0, ge=1, le=86400, description="an incomplete file that stopped growing that long ago fails")
    rescan_seconds: float = Field(default=60.0, ge=1, le=3600, description="the folder is listed at least that often, events or not")
    unsure_below: float = Field(default=0.8, ge=0, le=1, description="a text less confident than this is unsure")
    model: ModelSection | None = Field(default=None, description="none takes the model of the daemon")
    limits: LimitsSection = Field(default=LimitsSection(), description="what is refused before it is decoded")
    preprocess: PreprocessSection = Field(default=PreprocessSection(), description="steps between picture and model")


class Config(Section):
    """The whole configuration."""

    version: Literal[1] = Field(description="version of this format")
    device: Name = Field(description="part of every topic; unique on the broker")
    state_dir: FilePath = Field(default=Path("/var/lib/edged"), description="database and crash reports")
    models_dir: FilePath = Field(default=Path("/usr/share/edged/models"), description="the shelf; /var/lib/edged/models is looked at first")
    model: ModelSection = Field(default=ModelSection(), description="which model reads")
    recognise: RecogniseSection = Field(default=RecogniseSection(), description="how much of the box the recogniser takes")
    mqtt: MqttSection = Field(default=MqttSection(), description="the broker")
    outbox: OutboxSection = Field(default=OutboxSection(), description="the disk between reading and broker")
    control: ControlSection = Field(default=ControlSection(), description="the control socket")
    log: LogSection = Field(default=LogSection(), description="the journal")
    sources: dict[Name, FolderSection] = Field(min_length=1, max_length=MAX_SOURCES, description="where pictures come from, by name")

    @property
    def base(self) -> str:
        """Start of all topics."""
        return self.mqtt.base or f"edged/{self.device}"

    @property
    def database(self) -> Path:
        """The outbox on disk."""
        return self.state_dir / "outbox.db"

    @property
    def client_id(self) -> str:
        """MQTT client id: stable, so that the broker knows us again."""
        return self.mqtt.client_id or f"edged-{self.device}"
