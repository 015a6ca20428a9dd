"""Config, models and the readers made of them: built as one, swapped as one.

lookup.py   where a configuration and its models are looked for
types.py    what reads for one configuration
builder.py  makes a reader for each source
build.py    all of it, or nothing
"""

from edged.generation.build import build_generation
from edged.generation.builder import Builder
from edged.generation.lookup import config_or_defaults, shelf_of
from edged.generation.types import Generation, Opened, OpenedDetector

__all__ = ["Builder", "Generation", "Opened", "OpenedDetector", "build_generation", "config_or_defaults", "shelf_of"]
