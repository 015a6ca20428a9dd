"""What a model says of itself: `model.yaml` beside its files.

Everything a program must know to feed the model and to understand its answer stands here, and nothing
of it in code. What was measured with the model stands in its card (`README.md`), outside the digest.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from edged.errors import ModelError, ModelUnavailable

FILE_NAME = "model.yaml"
MAX_SHAPES = 8

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


class CharsetSpec(Part):
    """The classes: one per line of the file, in order, without the blank."""

    file: BesideIt
    sha256: Sha256
    blank: int = Field(ge=0)  # index of the blank among all classes
    classes: int = Field(ge=2)  # with the blank


class Weights(Part):
    """The OpenVINO IR of one precision."""

    xml: BesideIt
    xml_sha256: Sha256
    bin: BesideIt
    bin_sha256: Sha256


class Golden(Part):
    """A picture of model height whose text the model must read before it is used."""

    file: BesideIt
    text: str = Field(min_length=1)


class Provenance(Part):
    """Where the weights come from, so that anybody can make the same files again."""

    package: str  # name and version in its registry
    file: str  # inside the package
    sha256: Sha256  # of the package
    weights_sha256: Sha256 | None = None  # of what we trained and put in
    converter: str


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

    @property
    def blank_index(self) -> int:
        """Index of the CTC blank among the classes."""
        return self.charset.blank


def load_manifest(folder: Path) -> ModelManifest:
    """Read and check the manifest in *folder*.

    Raises:
        ModelError: There is none, or it is not valid; the message has every finding.
    """
    path = folder / FILE_NAME
    try:
        return ModelManifest.model_validate(yaml.safe_load(path.read_bytes()))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ModelUnavailable(msg, hint="run `edged models build`, or name another model in `model.name`") from error
    except yaml.YAMLError as error:
        msg = f"{path}: not YAML: {error}"
        raise ModelError(msg, hint="build the model again: edged models build") from error
    except ValidationError as error:
        findings = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        msg = f"{path}: {findings}"
        raise ModelError(msg, hint="the model was made for another version of edged, or its manifest was edited: build it again") from error


def digest_of(manifest: ModelManifest, *, xml: bytes, weights: bytes, charset: bytes) -> str:
    """The model's digest: SHA-256 over everything that can change what is read, and nothing else."""
    keys = {
        "input": manifest.input.model_dump(mode="json"),
        "blank": manifest.charset.blank,
        "calibration": manifest.calibration and manifest.calibration.model_dump(mode="json"),
    }
    total = hashlib.sha256(json.dumps(keys, sort_keys=True, separators=(",", ":")).encode())
    for content in (xml, weights, charset):
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()
