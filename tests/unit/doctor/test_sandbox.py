"""The doctor against units as systemd describes them."""

from pathlib import Path

import pytest

from edged.doctor import sandbox
from edged.doctor.finding import Level
from edged.doctor.unit import Unit, installed_unit
from tests.doubles.cases import case, told, worst

STRICT = {
    "LoadState": "loaded",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "ReadWritePaths": "-/srv/edged",
    "StateDirectory": "edged",
    "RuntimeDirectory": "edged",
}
INSTALLED = {"state_dir": "/var/lib/edged", "control": {"socket": "/run/edged/control.sock"}, "models_dir": "/usr/share/edged/models"}


def source(path: str, **more: str) -> dict[str, object]:
    return {"sources": {"inbox": {"path": path, **more}}}


def test_what_the_installation_makes_is_reached(tmp_path: Path) -> None:
    """The shipped unit, the shipped paths: nothing stands in the way."""
    assert worst(list(sandbox.check(case(tmp_path, unit=STRICT, **INSTALLED, **source("/srv/edged/inbox"))))) is Level.GOOD


@pytest.mark.parametrize(
    ("path", "more", "says"),
    [
        ("/data/drop", {}, "sources.inbox.path /data/drop is read-only for the service"),
        ("/srv/edgedly/drop", {}, "is read-only"),
        ("/home/anna/drop", {}, "does not exist for the service"),
        ("/tmp/drop", {}, "does not exist for the service"),
        ("/srv/edged/inbox", {"done": "/var/lib/edged/done"}, "lie in several mounts of the sandbox"),
    ],
)
def test_a_folder_outside_is_told_with_the_line_that_helps(tmp_path: Path, path: str, more: dict[str, str], says: str) -> None:
    """Read-only, hidden, or in another mount than its neighbours."""
    found = list(sandbox.check(case(tmp_path, unit=STRICT, **INSTALLED, **source(path, **more))))
    assert says in told(found, Level.BAD)


def test_the_remedy_names_the_parent_of_all_four_folders(tmp_path: Path) -> None:
    """One path in ReadWritePaths for inbox, work, done and failed: renames do not cross mounts."""
    found = list(sandbox.check(case(tmp_path, unit=STRICT, **INSTALLED, **source("/data/drop"))))
    assert "ReadWritePaths=/data" in found[0].remedy


def test_a_metrics_file_outside_is_found_too(tmp_path: Path) -> None:
    """Every place that the daemon writes to is looked at."""
    changes = INSTALLED | source("/srv/edged/inbox") | {"metrics": {"file": "/var/lib/node_exporter/edged.prom"}}
    assert "metrics.file" in told(list(sandbox.check(case(tmp_path, unit=STRICT, **changes))), Level.BAD)


def test_a_folder_that_is_only_read_may_be_read_only(tmp_path: Path) -> None:
    """A share whose files are kept; but one that the unit hides cannot be read either."""
    share = {"sources": {"share": {"path": "/mnt/share", "after": "keep"}}}
    assert worst(list(sandbox.check(case(tmp_path, unit=STRICT, **INSTALLED, **share)))) is Level.GOOD
    hidden = {"sources": {"share": {"path": "/home/anna/share", "after": "keep"}}}
    assert "does not exist for the service" in told(list(sandbox.check(case(tmp_path, unit=STRICT, **INSTALLED, **hidden))), Level.BAD)


def test_without_a_strict_sandbox_nothing_is_read_only(tmp_path: Path) -> None:
    """A unit of somebody else's making may be open."""
    open_unit = STRICT | {"ProtectSystem": "no", "ProtectHome": "no", "PrivateTmp": "no"}
    assert worst(list(sandbox.check(case(tmp_path, unit=open_unit, **INSTALLED, **source("/home/anna/drop"))))) is Level.GOOD


def test_without_a_unit_there_is_no_sandbox(tmp_path: Path) -> None:
    """A daemon that somebody starts by hand."""
    assert worst(list(sandbox.check(case(tmp_path)))) is Level.GOOD


def test_limits_are_numbers_or_nothing() -> None:
    """`infinity` is no limit."""
    unit = Unit({"MemoryMax": "infinity", "LimitNOFILE": "1024"})
    assert (unit.limit("MemoryMax"), unit.limit("LimitNOFILE"), unit.limit("MemoryHigh"), unit.user) == (None, 1024, None, "root")


def test_the_unit_is_what_systemctl_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded: its properties; not found, or no systemd at all: no unit."""
    program = tmp_path / "systemctl"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed_unit() is None
    shown = "LoadState=loaded\nReadWritePaths=-/srv/edged +/data/x\nStateDirectory=edged\nUser=edged"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{shown}'\n")
    program.chmod(0o755)
    unit = installed_unit()
    assert unit is not None
    assert (unit.user, unit.writable) == ("edged", (Path("/srv/edged"), Path("/data/x"), Path("/var/lib/edged")))
    program.write_text("#!/bin/sh\necho LoadState=not-found\n")
    assert installed_unit() is None
