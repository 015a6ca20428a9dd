"""Config, models and the readers made of them: built as one, later swapped as one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from edged.config import SHIPPED, Config, FolderSection, ModelSection, RecogniseSection, RulesSection
from edged.config.file import DEFAULT, LoadedConfig, digest_of, load_config
from edged.flow import segments, trial
from edged.flow.ctc import decode_greedy
from edged.flow.decode import decode
from edged.flow.model_files import LoadedModel, load_model
from edged.flow.preprocess import prepare
from edged.flow.reader import Reader, Steps
from edged.flow.recognise import Recogniser
from edged.flow.rules import Rules
from edged.lib.clock import Clock, clock_synced
from edged.types import ModelRef, Pixels, SourceName, TextLine

Dictionaries = Mapping[Path, tuple[str, ...]]  # the texts of each dictionary file

_CHECKOUT = Path(__file__).resolve().parents[1] / "models"  # where a checkout of the project has its shelf
_TRIAL_SECONDS = 10.0  # shorter than a worker may go without a sign of life


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Everything that reads, for one configuration."""

    readers: Mapping[SourceName, Reader]
    recognisers: tuple[Recogniser, ...]
    model: ModelRef  # the daemon's own

    def check(self) -> None:
        """Look for lines whose inference failed."""
        for recogniser in self.recognisers:
            recogniser.check()

    def close(self) -> None:
        """Release the models."""
        for recogniser in self.recognisers:
            recogniser.close()


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


class Builder:
    """Builds the readers of one generation; each model is loaded once, whoever uses it."""

    def __init__(
        self, shelf: Iterable[Path], section: RecogniseSection, *, config: str, dictionaries: Dictionaries | None = None, clock: Clock
    ) -> None:
        """Look for models on *shelf*; *config* is the digest that readings carry, *dictionaries* the texts of each dictionary file."""
        self._shelf, self._section, self._config, self._clock = tuple(shelf), section, config, clock
        self._dictionaries = dictionaries or {}
        self._loaded: dict[tuple[str, str], tuple[LoadedModel, Recogniser]] = {}

    def model(self, wanted: ModelSection) -> tuple[LoadedModel, Recogniser]:
        """The model and its recogniser, loaded on first use.

        Raises:
            ModelError: It is missing, damaged, or does not read its golden lines.
        """
        key = (wanted.name, wanted.precision)
        if key not in self._loaded:
            model = load_model(self._shelf, *key)
            recogniser = Recogniser(model, self._section)
            self._loaded[key] = (model, recogniser)
            recogniser.open()
        return self._loaded[key]

    def reader(self, source: FolderSection, default: ModelSection) -> Reader:
        """The reader of one source."""
        model, recogniser = self.model(source.model or default)
        shape = model.manifest.input
        whole = next(iter(source.fields), None)
        rules = self._rules(source.fields[whole] if whole is not None else source.rules)

        def layout(image: Pixels) -> list[TextLine]:
            return [replace(prepare(image, source.preprocess, shape.height), field=whole)]

        def prove(data: bytes) -> None:
            trial.survives(data, source.limits, timeout_seconds=_TRIAL_SECONDS)

        steps = Steps(
            prove=prove,
            decode=lambda data: decode(data, source.limits).image,
            layout=layout,
            cut=partial(segments.cut, widest=shape.width_buckets[-1], overlap=shape.overlap),
            submit=recogniser.submit,
            join=partial(segments.join, overlap=shape.overlap // shape.stride),
            transcribe=partial(decode_greedy, charset=model.charset, blank=model.manifest.blank_index),
            correct=rules.correct,
        )
        return Reader(
            steps=steps,
            model=model.ref,
            calibrated=model.manifest.calibration is not None,
            config=self._config,
            unsure_below=source.unsure_below,
            fields=tuple(source.fields),
            clock=self._clock,
            synced=clock_synced,
        )

    def _rules(self, section: RulesSection) -> Rules:
        file = section.dictionary_file
        return Rules(section, section.dictionary if file is None else self._dictionaries[file])

    @property
    def recognisers(self) -> tuple[Recogniser, ...]:
        """Those that were loaded so far."""
        return tuple(recogniser for _, recogniser in self._loaded.values())
