"""Config, models and the readers made of them: built as one, swapped as one."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from edged.config import SHIPPED, Config, FolderSection, ModelSection, RecogniseSection, RulesSection
from edged.config.file import DEFAULT, LoadedConfig, digest_of, load_config
from edged.config.rule_checks import Dictionaries
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

_CHECKOUT = Path(__file__).resolve().parents[1] / "models"  # where a checkout of the project has its shelf
_TRIAL_SECONDS = 10.0  # shorter than a worker may go without a sign of life


class Opened(NamedTuple):
    """A model that can read."""

    model: LoadedModel
    recogniser: Recogniser


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Everything that reads, for one configuration."""

    readers: Mapping[SourceName, Reader]
    opened: tuple[Opened, ...]  # each model once
    model: ModelRef  # the daemon's own

    @property
    def recognisers(self) -> tuple[Recogniser, ...]:
        """What is to be closed one day, unless a later generation has it, too."""
        return tuple(recogniser for _, recogniser in self.opened)

    @property
    def models(self) -> frozenset[ModelRef]:
        """What its readings may say of their model."""
        return frozenset(model.ref for model, _ in self.opened)


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


def build_generation(
    loaded: LoadedConfig, clock: Clock, *, before: Sequence[Opened] = (), wait: Callable[[float], object] = time.sleep
) -> Generation:
    """Load the models of a configuration and make a reader for each source; on an error nothing new stays open.

    Args:
        loaded: The configuration.
        clock: For the readers.
        before: What is open already: a model whose digest and section stayed is shared, not compiled again.
        wait: Called with seconds while somebody still copies a model.

    Raises:
        ModelError: A model cannot be used.
        FrameError: A golden picture is damaged.
    """
    config = loaded.config
    shelf = shelf_of(config.state_dir, config.models_dir)
    builder = Builder(
        shelf, config.recognise, config=loaded.digest, dictionaries=loaded.dictionaries, clock=clock, before=before, wait=wait
    )
    try:
        model, _ = builder.model(config.model)
        readers = {SourceName(name): builder.reader(section, config.model) for name, section in config.sources.items()}
    except BaseException:
        builder.abandon()
        raise
    return Generation(readers=readers, opened=builder.opened, model=model.ref)


class Builder:
    """Builds the readers of one generation; each model is loaded once, whoever uses it."""

    def __init__(
        self,
        shelf: Iterable[Path],
        section: RecogniseSection,
        *,
        config: str,
        clock: Clock,
        dictionaries: Dictionaries | None = None,
        before: Sequence[Opened] = (),
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Look for models on *shelf*; *config* is the digest that readings carry; see `build_generation`."""
        self._shelf, self._section, self._config, self._clock, self._wait = tuple(shelf), section, config, clock, wait
        self._dictionaries = dictionaries or {}
        self._before = {model.ref: Opened(model, recogniser) for model, recogniser in before if recogniser.section == section}
        self._refs: dict[tuple[str, str], ModelRef] = {}
        self._opened: dict[ModelRef, Opened] = {}

    def model(self, wanted: ModelSection) -> Opened:
        """The model and its recogniser, opened on first use; it has read its golden lines.

        Raises:
            ModelError: It is missing, damaged, or does not read its golden lines.
        """
        key = (wanted.name, wanted.precision)
        if key not in self._refs:
            model = load_model(self._shelf, *key, wait=self._wait)
            if model.ref not in self._opened:
                self._open(model)
            self._refs[key] = model.ref
        return self._opened[self._refs[key]]

    def _open(self, model: LoadedModel) -> None:
        shared = self._before.get(model.ref)
        if shared is not None:
            if shared.model.golden != model.golden:
                shared.recogniser.prove(model)
                shared = Opened(model, shared.recogniser)
            self._opened[model.ref] = shared
            return
        recogniser = Recogniser(model, self._section)
        self._opened[model.ref] = Opened(model, recogniser)
        recogniser.open()

    def abandon(self) -> None:
        """Close what was opened in vain."""
        kept = [recogniser for _, recogniser in self._before.values()]
        for _, recogniser in self._opened.values():
            if recogniser not in kept:
                recogniser.close()

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
    def opened(self) -> tuple[Opened, ...]:
        """Those that were opened so far."""
        return tuple(self._opened.values())

    @property
    def recognisers(self) -> tuple[Recogniser, ...]:
        """Likewise, without their models."""
        return tuple(recogniser for _, recogniser in self._opened.values())
