"""Which daemon a command is about."""

import argparse

from edged.config import Config
from edged.config.file import DEFAULT
from edged.config.start import start_config


def target(arguments: argparse.Namespace) -> Config:
    """The configuration that a daemon would start with: one that runs with the last good one must be reached, too."""
    return start_config(arguments.config or DEFAULT).loaded.config
