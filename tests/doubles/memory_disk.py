"""A folder in memory: for tests that commit thousands of times and lose nothing by it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder whose syncs cost nothing, where this machine has such a thing; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="edged-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)
