"""Whether the installed unit's sandbox lets the daemon reach what the configuration names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edged.doctor.case import Case, folders_of
from edged.doctor.finding import Finding, bad, good
from edged.doctor.unit import Unit

_HOMES: Final = (Path("/home"), Path("/root"), Path("/run/user"))
_TEMPORARY: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the places that PrivateTmp hides


def check(case: Case) -> Iterator[Finding]:
    """Every path, against the unit as systemd has loaded it."""
    if case.unit is None:
        yield good("no unit of edged is installed here: no sandbox stands in the way")
        return
    wrong = [*_hidden(case.unit, case), *_read_only(case.unit, case), *_apart(case.unit, case)]
    yield from wrong or [good("the unit lets the daemon reach every folder")]


def _written(case: Case) -> dict[str, Path]:
    """What the daemon writes into, by key."""
    config = case.config
    places = {"state_dir": config.state_dir, "control.socket": config.control.socket.parent}
    if config.metrics.file:
        places["metrics.file"] = config.metrics.file.parent
    for name, section in config.folders.items():
        if section.after != "keep":
            places |= {f"sources.{name}.{role}": path for role, path in folders_of(name, section).items()}
    return places


def _read(case: Case) -> dict[str, Path]:
    """What it only reads."""
    kept = {f"sources.{name}.path": section.path for name, section in case.config.folders.items() if section.after == "keep"}
    return kept | {"models_dir": case.config.models_dir}


def _hidden(unit: Unit, case: Case) -> Iterator[Finding]:
    behind = (_HOMES if unit["ProtectHome"] in ("yes", "tmpfs") else ()) + (_TEMPORARY if unit["PrivateTmp"] == "yes" else ())
    for key, path in (_written(case) | _read(case)).items():
        if any(path.is_relative_to(place) for place in behind):
            yield bad(
                f"{key} {path} does not exist for the service (ProtectHome=, PrivateTmp=)", f"use a folder below /srv/edged for {key}"
            )


def _read_only(unit: Unit, case: Case) -> Iterator[Finding]:
    if unit["ProtectSystem"] != "strict":
        return
    for key, path in _written(case).items():
        if _mount_of(path, unit) is None:
            remedy = f"systemctl edit edged, with [Service] and ReadWritePaths={path.parent if key.startswith('sources') else path}"
            yield bad(f"{key} {path} is read-only for the service (ProtectSystem=strict)", remedy)


def _apart(unit: Unit, case: Case) -> Iterator[Finding]:
    """Each path in ReadWritePaths is a mount of its own, and a rename does not cross mounts."""
    if unit["ProtectSystem"] != "strict":
        return
    for name, section in case.config.folders.items():
        mounts = {role: _mount_of(path, unit) for role, path in folders_of(name, section).items()}
        if None not in mounts.values() and len(set(mounts.values())) > 1:
            shown = ", ".join(f"{role} in {mount}" for role, mount in mounts.items())
            yield bad(
                f"source {name}: its folders lie in several mounts of the sandbox ({shown}): no file can be moved between them",
                "name one common parent in ReadWritePaths instead: systemctl edit edged",
            )


def _mount_of(path: Path, unit: Unit) -> Path | None:
    inside = [place for place in unit.writable if path.is_relative_to(place)]
    return max(inside, key=lambda place: len(place.parts), default=None)
