"""Where a configuration and its models are looked for."""

from pathlib import Path

from edged.config import SHIPPED, Config, FolderSection
from edged.config.file import DEFAULT, LoadedConfig, digest_of, load_config

_CHECKOUT = Path(__file__).resolve().parents[2] / "models"  # where a checkout of the project has its shelf


def shelf_of(state_dir: Path, models_dir: Path) -> tuple[Path, ...]:
    """Where models are looked for, in order: what was put on the box wins over what it came with."""
    return (state_dir / "models", models_dir)


def config_or_defaults(path: Path | None) -> LoadedConfig:
    """For one-shot commands: the configuration named, else the box's own, else the defaults.

    Raises:
        ConfigError: There is one, and it is refused.
    """
    if path or DEFAULT.exists():
        return load_config(path or DEFAULT)
    folder = FolderSection(path=Path("/"))  # never opened
    config = Config(version=1, device="local", sources={"read": folder}, models_dir=_CHECKOUT if _CHECKOUT.is_dir() else SHIPPED)
    return LoadedConfig(config=config, digest=digest_of(config), path=DEFAULT)
