"""What a model says of itself: `model.yaml` beside its files.

Everything a program must know to feed the model and to understand its answer stands here, and nothing
of it in code. What was measured with the model stands in its card (`README.md`), outside the digest.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from edged.errors import ModelError, ModelUnavailable
from edged.lib.findings import findings_of

FILE_NAME = "model.yaml"
MAX_SHAPES = 8
MIN_SIDE, MAX_SIDE = 32, 2048  # pixels that a detector takes in one look

Precision = Literal["fp16", "int8"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# Never absolute and never upwards: a manifest names only what lies beside it.
BesideIt = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")]


class Part(BaseModel):
    """A part of the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class InputSpec(Part):
    """What the model wants to see: u8 pixels, N x height x width x channels; the graph normalises them."""

    channels: Literal[3]
    height: int = Field(ge=8, le=256)
    width_buckets: tuple[int, ...] = Field(min_length=1, max_length=MAX_SHAPES)
    overlap: int = Field(ge=0)  # pixels shared by neighbours where a line wider than the widest bucket is cut
    stride: int = Field(ge=1)  # pixels per time step
    padding: int = Field(ge=0, le=255)  # what stands right of the picture
    colours: Literal["bgr"]  # as given; another order is made inside the graph
    mean: tuple[float, ...]  # subtracted inside the graph
    scale: tuple[float, ...]  # divided by inside the graph

    @model_validator(mode="after")
    def _consistent(self) -> "InputSpec":
        widest = self.width_buckets[-1]
        if list(self.width_buckets) != sorted(set(self.width_buckets)):
            msg = f"width_buckets {self.width_buckets} must rise"
            raise ValueError(msg)
        if any(value % self.stride for value in (*self.width_buckets, self.overlap)):
            msg = f"width_buckets and overlap must be multiples of the stride {self.stride}"
            raise ValueError(msg)
        if self.overlap * 2 > widest:
            msg = f"an overlap of {self.overlap} is more than half of the widest bucket {widest}"
            raise ValueError(msg)
        return self


class DetectorInput(Part):
    """What a detector wants to see: u8 pixels, N x height x width x channels; the graph normalises them."""

    channels: Literal[3]
    sizes: tuple[tuple[int, int], ...] = Field(min_length=1, max_length=MAX_SHAPES)  # height and width
    stride: int = Field(ge=1)  # both are multiples of it
    padding: int = Field(ge=0, le=255)  # what stands right of the picture and below it
    colours: Literal["bgr"]  # as given
    mean: tuple[float, float, float]  # subtracted inside the graph
    scale: tuple[float, float, float]  # divided by inside the graph

    @model_validator(mode="after")
    def _consistent(self) -> "DetectorInput":
        if len(set(self.sizes)) < len(self.sizes):
            msg = f"sizes {self.sizes} must differ"
            raise ValueError(msg)
        if any(side % self.stride or not MIN_SIDE <= side <= MAX_SIDE for size in self.sizes for side in size):
            msg = f"the sides of sizes must be multiples of the stride {self.stride} from {MIN_SIDE} to {MAX_SIDE}"
            raise ValueError(msg)
        return self


class CharsetSpec(Part):
    """The classes: one per line of the file, in order, without the blank."""

    file: BesideIt
    sha256: Sha256
    blank: int = Field(ge=0)  # index of the blank among all classes
    classes: int = Field(ge=2)  # with the blank
    turned: str | None = Field(default=None, min_length=1)  # the class that says that the line stands upside down; never a text


class Weights(Part):
    """The OpenVINO IR of one precision."""

    xml: BesideIt
    xml_sha256: Sha256
    bin: BesideIt
    bin_sha256: Sha256


class Golden(Part):
    """A picture of model height whose text the model must read before it is used; `turned` of the charset where it stands upside down."""

    file: BesideIt
    text: str = Field(min_length=1)


class GoldenBoxes(Part):
    """A picture in which a detector must find these texts and no others before it is used."""

    file: BesideIt
    boxes: tuple[tuple[int, int, int, int], ...] = Field(min_length=1)  # left, top, right, bottom in pixels, in reading order


class Provenance(Part):
    """Where the weights come from: out of a package, so that anybody can make the same files again, or all from one training."""

    package: str | None = None  # name and version in its registry
    file: str | None = None  # inside the package
    sha256: Sha256 | None = None  # of the package
    weights_sha256: Sha256 | None = None  # of what we trained and put in
    trained_by: str | None = None  # who trained all of it
    checkpoint_sha256: Sha256 | None = None  # of that training
    converter: str
    tuned_from: str | None = None  # the model that learnt on a box and became this one

    @model_validator(mode="after")
    def _one_origin(self) -> "Provenance":
        packaged, trained = (self.package, self.file, self.sha256), (self.trained_by, self.checkpoint_sha256)
        if not (all(packaged) and not any(trained)) and not (all(trained) and not any(packaged)):
            msg = "either package, file and sha256 must be there, or trained_by and checkpoint_sha256"
            raise ValueError(msg)
        return self


class Remembered(Part):
    """Labelled lines that a model takes along, so that learning on the box forgets nothing."""

    file: BesideIt  # a zip of `labels.tsv` (name TAB text) and pictures
    sha256: Sha256


class Calibration(Part):
    """Maps the raw confidence of a text to the share of such texts that are right."""

    raw: tuple[float, ...]
    calibrated: tuple[float, ...]


class ModelManifest(Part):
    """All of `model.yaml`."""

    format: Literal[1]
    name: str
    task: Literal["recognise", "detect", "orient"]
    architecture: str
    input: InputSpec
    charset: CharsetSpec
    files: dict[Precision, Weights] = Field(min_length=1)
    golden: tuple[Golden, ...] = Field(min_length=1)
    provenance: Provenance
    licence: str
    calibration: Calibration | None = None
    remembered: Remembered | None = None

    @property
    def blank_index(self) -> int:
        """Index of the CTC blank among the classes."""
        return self.charset.blank


class DetectorManifest(Part):
    """All of `model.yaml` of a detector: where text stands, and nothing of what it says."""

    format: Literal[1]
    name: str
    task: Literal["detect"]
    architecture: str
    input: DetectorInput
    files: dict[Precision, Weights] = Field(min_length=1)
    golden: tuple[GoldenBoxes, ...] = Field(min_length=1)
    provenance: Provenance
    licence: str


AnyManifest = ModelManifest | DetectorManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenPicture:
    """A picture file and where its texts stand: left, top, right, bottom in pixels, in reading order."""

    name: str
    data: bytes = field(repr=False)
    boxes: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenLine:
    """A picture file whose text the model must read."""

    name: str
    data: bytes = field(repr=False)
    text: str


def load_manifest(folder: Path) -> ModelManifest:
    """Read and check the manifest of a recogniser in *folder*.

    Raises:
        ModelError: There is none, it is not valid (the message has every finding), or it is of a detector.
    """
    manifest = load_any_manifest(folder)
    if isinstance(manifest, DetectorManifest):
        msg = f"{folder / FILE_NAME}: the model {manifest.name} is made to detect, not to recognise"
        raise ModelError(msg, hint="name a model for recognition in `model.name`; this one belongs into `detector.name`")
    return manifest


def load_detector_manifest(folder: Path) -> DetectorManifest:
    """Read and check the manifest of a detector in *folder*.

    Raises:
        ModelError: There is none, it is not valid (the message has every finding), or it is of a recogniser.
    """
    manifest = load_any_manifest(folder)
    if isinstance(manifest, ModelManifest):
        msg = f"{folder / FILE_NAME}: the model {manifest.name} is made to {manifest.task}, not to detect"
        raise ModelError(msg, hint="name a model for detection in `detector.name`; this one belongs into `model.name`")
    return manifest


def load_any_manifest(folder: Path) -> AnyManifest:
    """Read and check the manifest in *folder*, whatever its task.

    Raises:
        ModelError: There is none, or it is not valid; the message has every finding.
    """
    path = folder / FILE_NAME
    try:
        data = yaml.safe_load(path.read_bytes())
        detects = isinstance(data, dict) and data.get("task") == "detect"
        return DetectorManifest.model_validate(data) if detects else ModelManifest.model_validate(data)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ModelUnavailable(msg, hint="run `edged models build`, or name another model in `model.name`") from error
    except yaml.YAMLError as error:
        msg = f"{path}: not YAML: {error}"
        raise ModelError(msg, hint="build the model again: edged models build") from error
    except ValidationError as error:
        msg = f"{path}: {findings_of(error)}"
        raise ModelError(msg, hint="the model was made for another version of edged, or its manifest was edited: build it again") from error


def detector_digest_of(manifest: DetectorManifest, *, xml: bytes, weights: bytes) -> str:
    """The digest of a detector: SHA-256 over everything that can change what is found, and nothing else."""
    keys: dict[str, Any] = {"task": manifest.task, "input": manifest.input.model_dump(mode="json")}
    return _digest(keys, xml, weights)


def digest_of(manifest: ModelManifest, *, xml: bytes, weights: bytes, charset: bytes) -> str:
    """The model's digest: SHA-256 over everything that can change what is read, and nothing else."""
    keys: dict[str, Any] = {
        "input": manifest.input.model_dump(mode="json"),
        "blank": manifest.charset.blank,
        "calibration": manifest.calibration and manifest.calibration.model_dump(mode="json"),
    }
    if manifest.charset.turned is not None:  # models that have no such class keep the digest that they always had
        keys["turned"] = manifest.charset.turned
    return _digest(keys, xml, weights, charset)


def _digest(keys: dict[str, Any], *contents: bytes) -> str:
    total = hashlib.sha256(json.dumps(keys, sort_keys=True, separators=(",", ":")).encode())
    for content in contents:
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()
