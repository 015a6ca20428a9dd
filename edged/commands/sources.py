"""As which source of the configuration pictures are read that somebody named."""

from edged.commands.shape import looking
from edged.config import Config, ReadingSection
from edged.errors import UsageError


def section_of(config: Config, name: str | None) -> ReadingSection:
    """The section to read as; without a name that of the only source, else the defaults.

    Raises:
        UsageError: There is no such source.
    """
    if name is None:
        return next(iter(config.sources.values())) if len(config.sources) == 1 else ReadingSection()
    if name not in config.sources:
        message = f"there is no source {name!r} in the configuration"
        raise UsageError(message, hint=f"it has {', '.join(config.sources)}")
    return config.sources[name]


def reading_as(config: Config, name: str | None, layout: str | None) -> tuple[ReadingSection, bool]:
    """As what somebody wants pictures read, and whether the shape of each says by which layout.

    Args:
        config: Has the sources.
        name: Of a source: its pictures are read as it says.
        layout: What was asked for; it wins.

    Raises:
        UsageError: There is no such source.
    """
    source = section_of(config, name)
    if layout is not None:
        return (looking(source) if layout == "detect" else source.model_copy(update={"layout": layout})), False
    says = name is not None or "layout" in source.model_fields_set or bool(source.fields)  # fields: one layout alone knows what they are
    return source, not says
