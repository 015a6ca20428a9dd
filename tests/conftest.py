"""What tests of several places begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.flow.outbox import Outbox
from tests.doubles.readings import make_outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """An open outbox."""
    outbox = make_outbox(tmp_path)
    outbox.open()
    yield outbox
    outbox.close()
