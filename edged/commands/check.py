"""`edged check`: every error of the configuration at once."""

import argparse

from edged.config.file import DEFAULT, load_config
from edged.config.merged import merged
from edged.errors import ExitCode


def check(arguments: argparse.Namespace) -> ExitCode:
    """Validate the configuration; with `--merged`, print what is in effect."""
    loaded = load_config(arguments.config or DEFAULT)
    if arguments.merged:
        print(merged(loaded), end="")
        return ExitCode.DONE
    sources = ", ".join(loaded.config.sources)
    print(f"{loaded.path}: good (device {loaded.config.device}; sources {sources}; digest {loaded.digest[:12]})")
    for layer in loaded.layers:
        print(f"with {layer}")
    return ExitCode.DONE
