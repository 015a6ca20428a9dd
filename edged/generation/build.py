"""From a configuration to all that reads for it."""

import time
from collections.abc import Callable

from edged.config.file import LoadedConfig
from edged.generation.builder import Builder
from edged.generation.lookup import shelf_of
from edged.generation.types import Generation
from edged.lib.clock import Clock
from edged.types import SourceName


def build_generation(
    loaded: LoadedConfig, clock: Clock, *, before: Generation | None = None, wait: Callable[[float], object] = time.sleep
) -> Generation:
    """Load the models of a configuration and make a reader for each source; on an error nothing new stays open.

    Args:
        loaded: The configuration.
        clock: For the readers.
        before: What reads already: a model whose digest and section stayed is shared, not compiled again.
        wait: Called with seconds while somebody still copies a model.

    Raises:
        ModelError: A model cannot be used.
        FrameError: A golden picture is damaged.
        ConfigError: A reference picture cannot be used.
    """
    config = loaded.config
    shelf = shelf_of(config.state_dir, config.models_dir)
    builder = Builder.of(loaded, shelf, clock, before=before, wait=wait)
    try:
        model, _ = builder.model(config.model)
        readers = {SourceName(name): builder.reads(section, section.reads_with or config.model) for name, section in config.sources.items()}
    except BaseException:
        builder.abandon()
        raise
    return Generation(readers=readers, opened=builder.opened, model=model.ref, detectors=builder.detectors)
