"""One reload: what is new is built beside what is old, and takes its place between two inputs, or changes nothing.

Only `attempt` changes anything, and it is called by one thread at a time.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edged.config import Config
from edged.config.effects import Changes, changes
from edged.config.file import LoadedConfig, digest_of
from edged.config.start import Start
from edged.control.health import Health, doubts
from edged.control.reload import Pause, Reloaded
from edged.daemon.report import Report
from edged.daemon.succession import Succession
from edged.errors import ConfigError, EdgedError
from edged.flow.outbox import Outbox
from edged.flow.ports import Publisher, ReportedSource
from edged.flow.relay import Relay
from edged.generation import Generation, Opened, OpenedDetector, build_generation, shelf_of
from edged.lib.clock import Clock
from edged.lib.logs import set_level
from edged.lib.sdnotify import Notifier

log = logging.getLogger(__name__)

_LIVING = 3  # generations that may hold memory: the current one, one that still answers, the new one
_DRAIN_SECONDS = 10.0  # for the one before the last
_PAUSE_SECONDS = 0.05
_TOLD = 20  # errors in health and on the broker; the journal has all


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a reload changes."""

    succession: Succession
    sources: Sequence[ReportedSource]
    outbox: Outbox
    relay: Relay
    report: Report
    notifier: Notifier
    connect: Callable[[Config], Publisher]  # a publisher for this configuration
    adapt: Callable[[Config], None]  # whoever else lives by the section `mqtt`
    good: Callable[[], None]  # told that the files are in effect
    keep: Callable[[LoadedConfig], None]  # as the last good configuration


class Reloading:
    """Puts a changed configuration or model into effect. It is a health `Check`."""

    name = "reload"

    def __init__(self, start: Start, parts: Parts, load: Callable[[], LoadedConfig], clock: Clock) -> None:
        """The configuration of *start* is in effect; *load* reads what should be."""
        self._loaded = self._wanted = start.loaded
        self._known = start.errors  # health and journal have them already
        self._parts, self._load, self._clock = parts, load, clock
        self._restart: tuple[str, ...] = ()
        self._failed: Reloaded | None = None

    def files(self) -> Iterable[Path]:
        """Everything whose change may mean another configuration or another model."""
        config = self._wanted.config
        names = {model.name for model in (*config.models, *config.detectors)}
        shelf = shelf_of(config.state_dir, config.models_dir)
        return (*self._wanted.watched, *(place / name for place in shelf for name in sorted(names)))

    def health(self) -> Health:
        """Degraded while what the files say is not what is in effect."""
        reasons = [f"restart needed: {key}" for key in self._restart]
        if self._failed is not None:
            reasons += [f"failed, the old configuration stays: {error}" for error in _some(self._failed.errors)]
        return doubts(reasons)

    def attempt(self, pause: Pause) -> Reloaded:
        """Read everything again and put it into effect; a bad one changes nothing."""
        restart, failed = self._restart, self._failed
        try:
            outcome = self._reload(pause)
        except ConfigError as error:
            outcome = self._refused(error.findings or (str(error),), error.hint)
        except EdgedError as error:
            outcome = self._refused((str(error),), error.hint)
        except Exception as error:  # the reload boundary: whatever is wrong with the new, the old goes on
            log.exception("reload failed unexpectedly")
            told = f"{type(error).__name__}: {error}"
            outcome = self._refused((told,), "report it; the journal of edged has the traceback")
        if outcome.ok and (outcome.live or outcome.reconnect or outcome.models or outcome.restart != restart or failed):
            self._tell_changes(outcome)
        elif not outcome.ok and outcome.errors != self._known:
            self._tell_errors(outcome)
        self._parts.relay.refresh()
        return outcome

    def _reload(self, pause: Pause) -> Reloaded:
        wanted = self._load()
        self._wanted = wanted
        differing = changes(self._loaded.config, wanted.config)
        loaded = in_effect(self._loaded, wanted, differing.restart)
        self._make_room(pause)
        before = self._parts.succession.current
        generation = build_generation(loaded, self._clock, before=before, wait=pause)
        opened: tuple[Opened | OpenedDetector, ...] = (*generation.opened, *generation.detectors)
        models = tuple(sorted(f"{m.ref.name} {m.ref.precision} {m.ref.digest[:12]}" for m, one in opened if one not in before.engines))
        if models or loaded.digest != self._loaded.digest:
            if self._parts.report.looked():  # before, systemd waits for the start
                self._parts.notifier.reloading()
            self._swap(loaded, generation, differing)
            if self._parts.report.looked():
                self._parts.notifier.ready(self._parts.report.line())
        self._restart, self._failed, self._known = differing.restart, None, ()
        self._parts.good()
        self._parts.keep(loaded)
        return Reloaded(ok=True, config=loaded.digest, models=models, **asdict(differing))

    def _make_room(self, pause: Pause) -> None:
        """Wait for the generation before the last, whose inputs should have their answers by now.

        Raises:
            EdgedError: They have not.
        """
        succession = self._parts.succession
        deadline = self._clock.monotonic() + _DRAIN_SECONDS
        succession.retire()
        while succession.living >= _LIVING:
            if self._clock.monotonic() >= deadline:
                message = f"{succession.living} generations of models are in memory: the inputs of earlier ones have no answer yet"
                raise EdgedError(message, hint="look at the load of this machine, and reload again")
            pause(_PAUSE_SECONDS)
            succession.retire()

    def _swap(self, loaded: LoadedConfig, generation: Generation, differing: Changes) -> None:
        parts, config = self._parts, loaded.config
        parts.succession.swap(generation)
        self._loaded = loaded
        parts.report.update(loaded, generation.model)
        set_level(config.log.level)
        parts.outbox.limit(config.outbox)
        for source in parts.sources:
            source.change(config.sources[source.name])
        parts.adapt(config)
        if differing.reconnect:
            parts.relay.reconnect(parts.connect(config), retry_max_seconds=config.mqtt.retry_max_seconds)

    def _refused(self, errors: tuple[str, ...], hint: str) -> Reloaded:
        outcome = Reloaded(ok=False, config=self._loaded.digest, restart=self._restart, errors=errors, hint=hint)
        if errors != self._known:
            self._failed = outcome
        return outcome

    def _tell_changes(self, outcome: Reloaded) -> None:
        changed = {"live": outcome.live, "reconnect": outcome.reconnect, "restart": outcome.restart, "models": outcome.models}
        log.info("reloaded", extra={kind: ",".join(what) for kind, what in changed.items() if what} | {"config": outcome.config[:12]})
        for key in outcome.restart:
            log.warning("restart needed: %s keeps its old value until edged starts again", key)
        self._parts.relay.event("reload", {"config": outcome.config, **changed})

    def _tell_errors(self, outcome: Reloaded) -> None:
        log.error("reload failed, the old configuration stays; %s", outcome.hint)
        for error in outcome.errors:
            log.error("reload: %s", error)
        self._parts.relay.event("reload_failed", {"config": outcome.config, "errors": _some(outcome.errors), "hint": outcome.hint})


def in_effect(old: LoadedConfig, new: LoadedConfig, restart: Iterable[str]) -> LoadedConfig:
    """The new configuration with the old values of the keys in *restart*."""
    content, before = (loaded.config.model_dump(mode="json") for loaded in (new, old))
    for path in restart:
        *above, key = path.split(".")
        place, origin = content, before
        for part in above:
            place, origin = place[part], origin[part]
        if key in origin:
            place[key] = origin[key]
        else:
            del place[key]
    config = Config.model_validate_json(json.dumps(content))
    texts = {**old.dictionaries, **new.dictionaries}  # a source that is gone from the files goes on, with its dictionary
    dictionaries = {path: texts[path] for path in sorted(config.dictionary_files)}
    pictures = {**old.references, **new.references}
    references = {path: pictures[path] for path in sorted(config.reference_files)}
    digest = digest_of(config, dictionaries, references)
    return replace(new, config=config, digest=digest, dictionaries=dictionaries, references=references)


def _some(errors: Sequence[str]) -> list[str]:
    more = len(errors) - _TOLD
    return [*errors[:_TOLD], *([f"and {more} more, see the journal"] if more > 0 else [])]
