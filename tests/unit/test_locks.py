"""The lock files: a box gets all that the project names, in the versions that were tested."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(lock: str) -> dict[str, str]:
    """The packages of a lock file that are pinned by hash, with their versions."""
    return dict(re.findall(r"^(\S+)==(\S+) \\\n    --hash=sha256:", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("extra", [None, "metrics"])
def test_a_box_gets_whatever_a_key_may_ask_for(extra: str | None) -> None:
    """All that edged needs, and the extra for `metrics.file`: who sets it must not have to install something first."""
    wanted = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    assert {re.split(r"[<>=]", name)[0] for name in wanted} <= set(pinned("requirements.lock"))


def test_a_box_gets_the_versions_that_were_tested() -> None:
    """Nothing is installed there in another version than here."""
    assert pinned("requirements.lock").items() <= pinned("requirements-dev.lock").items()
