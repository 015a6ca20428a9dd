"""What subscribers get: readings as `edged.reading/1`, and the retained status. Pure.

The schemas stand in config/*.schema.json. Keys may be added later, their meaning never changes.
"""

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from edged.link import Presence
from edged.types import Box, Character, ModelRef, Origin, ReadField, Reading, ReadLine

SCHEMA = "edged.reading/1"


def encode_reading(reading: Reading, *, device: str, seq: int | None, epoch: str | None) -> bytes:
    """The reading as JSON, UTF-8; *seq* and *epoch* are None where it was never committed."""
    return _json(
        {
            "schema": SCHEMA,
            "id": reading.id,
            "seq": seq,
            "epoch": epoch,
            "device": device,
            "source": reading.source,
            "origin": _origin(reading.origin),
            "part": reading.part,
            "trigger": {"kind": reading.trigger.kind, "at": timestamp(reading.trigger.at)} if reading.trigger else None,
            "captured_at": timestamp(reading.captured_at),
            "clock_synced": reading.clock_synced,
            "model": _model(reading.model),
            "config": reading.config,
            "outcome": reading.outcome,
            "reasons": reading.reasons,
            "verdict": reading.verdict,
            "text": reading.text,
            "confidence": _ratio(reading.confidence),
            "calibrated": reading.calibrated,
            "lines": [_line(line) for line in reading.lines],
            "fields": [_field(field) for field in reading.fields],
            "timing_ms": {name: round(value, 1) for name, value in reading.timing_ms.items()},
            **({"layout": reading.layout} if reading.layout else {}),
        }
    )


def encode_status(
    state: Presence,
    *,
    version: str,
    epoch: str,
    boot_id: str | None,
    model: ModelRef | None,
    config: str,
    health: str,
    reasons: Sequence[str],
    clock_synced: bool | None,
) -> bytes:
    """The retained status as JSON, UTF-8; *health* is ok, degraded or failing."""
    return _json(
        {
            "state": state,
            "version": version,
            "epoch": epoch,
            "boot_id": boot_id,
            "model": _model(model),
            "config": config,
            "health": {"state": health, "reasons": reasons},
            "clock_synced": clock_synced,
        }
    )


def timestamp(moment: dt.datetime) -> str:
    """RFC 3339 in UTC, with milliseconds and Z."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(content: Mapping[str, Any]) -> bytes:
    # A name may hold half a surrogate pair: a question mark is better than a reading that cannot be committed.
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "name": origin.name,
        "sha256": origin.sha256,
        "bytes": origin.bytes,
        "width": origin.width,
        "height": origin.height,
        "modified_at": timestamp(origin.modified_at) if origin.modified_at else None,
        "duplicate_of": origin.duplicate_of,
    }


def _model(model: ModelRef | None) -> dict[str, str] | None:
    return {"name": model.name, "precision": model.precision, "digest": model.digest} if model else None


def _line(line: ReadLine) -> dict[str, Any]:
    transcript = line.transcript
    return {
        "text": transcript.text,
        "raw": line.raw,
        "confidence": _ratio(transcript.confidence),
        "box": _box(line.box),
        "frames": line.frames,
        "agreement": _ratio(line.agreement),
        "characters": [_character(character) for character in transcript.characters],
        "rules": line.rules,
    }


def _field(field: ReadField) -> dict[str, Any]:
    return {
        "name": field.name,
        "text": field.text,
        "raw": field.raw,
        "expected": field.expected,
        "confidence": _ratio(field.confidence),
        "state": field.state,
        "verdict": field.verdict,
        "box": _box(field.box) if field.box else None,
        "frames": field.frames,
        "agreement": _ratio(field.agreement),
        "characters": [_character(character) for character in field.characters],
        "rules": field.rules,
    }


def _character(character: Character) -> dict[str, Any]:
    return {
        "text": character.text,
        "confidence": _ratio(character.confidence),
        "alternative": character.alternative,
        "margin": _ratio(character.margin),
    }


def _box(box: Box) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in box]


def _ratio(value: float) -> float:
    """Four digits; nothing at all where the model gave no number."""
    return round(float(value), 4) if math.isfinite(value) else 0.0
