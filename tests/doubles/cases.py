"""Cases for the doctor: a configuration in a folder, and what is said to run there."""

from pathlib import Path
from typing import Any

import yaml

from edged.config.file import load_config
from edged.doctor.case import Case
from edged.doctor.finding import Finding, Level
from edged.doctor.unit import Unit

MODELS = Path(__file__).resolve().parents[2] / "models"


def case(folder: Path, *, unit: dict[str, str] | None = None, daemon: dict[str, Any] | None = None, **changes: Any) -> Case:
    """A configuration with one source `inbox`; *changes* replace top-level keys."""
    (folder / "inbox").mkdir(parents=True, exist_ok=True)
    content = {
        "version": 1,
        "device": "box",
        "state_dir": "state",
        "models_dir": str(MODELS),
        "control": {"socket": "control.sock"},
        "sources": {"inbox": {"path": "inbox"}},
    }
    path = folder / "edged.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf8")
    return Case(loaded=load_config(path), daemon=daemon, silence=None, unit=Unit(unit) if unit is not None else None)


def worst(findings: list[Finding]) -> Level:
    """The worst of them."""
    return max((finding.level for finding in findings), key=list(Level).index)


def told(findings: list[Finding], level: Level) -> str:
    """Everything of one level, text and remedy."""
    return "\n".join(f"{finding.text} -> {finding.remedy}" for finding in findings if finding.level is level)
