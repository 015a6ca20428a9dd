"""`edged run`: the daemon."""

import argparse

from edged import app
from edged.config.file import DEFAULT
from edged.config.start import start_config


def run(arguments: argparse.Namespace) -> int:
    """Run the daemon with this configuration, or unless *strict* with the last good one; its exit code.

    Raises:
        EdgedError: It cannot start.
    """
    start = start_config(arguments.config or DEFAULT, strict=arguments.strict)
    with start.attempt():
        return app.run(start)
