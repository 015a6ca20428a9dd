"""`edged run`: the daemon."""

from pathlib import Path

from edged import app
from edged.config.file import DEFAULT, load_config


def run(path: Path | None) -> int:
    """Run the daemon with this configuration; its exit code.

    Raises:
        EdgedError: It cannot start.
    """
    return app.run(load_config(path or DEFAULT))
