"""What tests of several places begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from edged.flow.outbox import Outbox
from edged.lib.ids import new_id
from tests.doubles.readings import make_outbox

settings.register_profile("edged", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast it is says the machine
settings.load_profile("edged")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The machine that is booted goes first: its tests are one worker's, and no other must wait for it at the end."""
    items.sort(key=lambda item: "systemd" not in item.path.parts)


@pytest.fixture(autouse=True)
def _ids_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of a process only grow: a test that moves the clock years ahead would leave them there to all tests after it."""
    monkeypatch.setattr(new_id.__self__, "_last", -1)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An open outbox."""
    outbox = make_outbox(tmp_path)
    outbox.open()
    yield outbox
    outbox.close()
