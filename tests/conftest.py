"""What each test begins with."""

import pytest

from edged.lib.ids import new_id


@pytest.fixture(autouse=True)
def _ids_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of a process only grow: a test that moves the clock years ahead would leave them there to all tests after it."""
    monkeypatch.setattr(new_id.__self__, "_last", -1)
