"""`edged run`: the daemon."""

from pathlib import Path

from edged import app
from edged.config.file import DEFAULT
from edged.config.start import start_config


def run(path: Path | None, *, strict: bool) -> int:
    """Run the daemon with this configuration, or unless *strict* with the last good one; its exit code.

    Raises:
        EdgedError: It cannot start.
    """
    start = start_config(path or DEFAULT, strict=strict)
    with start.attempt():
        return app.run(start)
