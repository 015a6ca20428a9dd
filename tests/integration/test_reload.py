"""One reload of the daemon's real parts, joined as app.py joins them but not started."""

import gc
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from edged.app import Daemon, compose
from edged.config.file import load_config
from edged.config.start import Start
from edged.control.health import HealthState
from edged.control.reload import Reloaded
from edged.daemon.reloading import Reloading
from edged.errors import ConfigError
from edged.flow.recognise import Recogniser
from edged.lib.clock import SystemClock
from edged.manifest import FILE_NAME
from edged.types import SourceName
from tests.end_to_end.wardrobe import NAME, dress, put_on, wardrobe

INBOX = SourceName("inbox")


@dataclass
class House:
    """A composed daemon, its configuration file and its model."""

    path: Path
    daemon: Daemon
    content: dict[str, Any]
    pauses: list[float] = field(default_factory=list)

    def write(self, **changes: Any) -> None:
        """Change top-level keys of the configuration."""
        self.content |= changes
        self.file.write_text(yaml.safe_dump(self.content), encoding="utf8")

    @property
    def file(self) -> Path:
        return self.path / "edged.yaml"

    @property
    def model(self) -> Path:
        return self.path / "shelf" / NAME

    @property
    def reloading(self) -> Any:
        """Who does what the worker is asked for."""
        return next(check for check in self.daemon.parts.report._parts.checks if isinstance(check, Reloading))

    def reload(self) -> Reloaded:
        """As the worker does."""
        return self.daemon.reload._attempt(self.pauses.append)

    def reasons(self) -> tuple[str, ...]:
        """What health says of reloads."""
        return self.daemon.parts.report.health().reasons

    def events(self) -> list[str]:
        """What the broker will hear."""
        return [f"{m.topic.rpartition('/')[2]} {m.payload.decode()}" for m in self.daemon.parts.relay._events]


@contextmanager
def standing(path: Path, sources: dict[str, Any]) -> Iterator[House]:
    """A box with these sources that stands still."""
    wardrobe(path / "shelf")
    content: dict[str, Any] = {
        "version": 1,
        "device": "box",
        "state_dir": "state",
        "models_dir": "shelf",
        "recognise": {"threads": 1, "requests": 1},
        "control": {"socket": "control.sock"},
        "sources": sources,
    }
    (path / "edged.yaml").write_text(yaml.safe_dump(content), encoding="utf8")
    level = logging.getLogger("edged").level
    with ExitStack() as undo:
        yield House(path, compose(Start(loaded=load_config(path / "edged.yaml")), SystemClock(), undo), content)
    logging.getLogger("edged").setLevel(level)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A box that stands still."""
    (tmp_path / "inbox").mkdir()
    with standing(tmp_path, {"inbox": {"path": "inbox"}}) as house:
        yield house


def test_where_nothing_changed_nothing_happens(house: House) -> None:
    """No new generation, no event, no word in health; whoever asked is told so."""
    before = house.daemon.parts.succession.current
    outcome = house.reload()
    assert outcome == Reloaded(ok=True, config=house.daemon.parts.report._loaded.digest)
    assert house.daemon.parts.succession.current is before
    assert house.events() == []


def test_a_model_that_stayed_is_shared_and_not_compiled_again(house: House) -> None:
    """A changed threshold must not cost seconds of compiling; the readings carry the new configuration all the same."""
    before = house.daemon.parts.succession.current
    house.write(sources={"inbox": {"path": "inbox", "unsure_below": 0.5}})
    outcome = house.reload()
    after = house.daemon.parts.succession.current
    assert (outcome.live, outcome.models) == (("sources.inbox.unsure_below",), ())
    assert after.recognisers == before.recognisers
    assert after.readers[INBOX].config == outcome.config != before.readers[INBOX].config
    house.daemon.parts.succession.retire()
    assert after.recognisers[0].compiled


def test_changed_model_files_are_a_new_model(house: House) -> None:
    """Its digest is on every reading from then on; the old one is closed, and the broker and the status say so."""
    before = house.daemon.parts.succession.current
    dress(house.model, 1)
    outcome = house.reload()
    after = house.daemon.parts.succession.current
    assert outcome.models == (f"{NAME} fp16 {after.model.digest[:12]}",)
    assert after.readers[INBOX].model == after.model != before.model
    house.daemon.parts.succession.retire()
    assert (before.recognisers[0].compiled, len(after.recognisers[0].compiled)) == ((), 1)
    assert house.daemon.parts.report._model == after.model
    assert house.events()[0].startswith("reload ")


def test_a_changed_recognise_section_compiles_the_same_model_anew(house: House) -> None:
    """Threads and requests are compiled in."""
    house.write(recognise={"threads": 1, "requests": 2})
    assert house.reload().models
    assert house.daemon.parts.succession.current.recognisers[0].requests == 2


def test_a_source_that_goes_on_until_a_restart_keeps_its_dictionary(house: House) -> None:
    """The files name it no more; and the dictionary of one that has not come yet is in no digest."""
    words = house.path / "words.txt"
    words.write_text("LOT\n", encoding="utf8")
    house.write(sources={"inbox": {"path": "inbox", "rules": {"dictionary_file": "words.txt"}}})
    before = house.reload()
    house.write(sources={"gate": {"path": "inbox", "rules": {"dictionary_file": "others.txt"}}})
    (house.path / "others.txt").write_text("EXP\n", encoding="utf8")
    words.unlink()
    outcome = house.reload()
    assert outcome.errors == ()
    assert (outcome.restart, outcome.config) == (("sources.gate", "sources.inbox"), before.config)


def opened() -> set[int]:
    """Every recogniser of this process that holds a model; those that nobody holds any more go first."""
    gc.collect()
    return {id(found) for found in gc.get_objects() if isinstance(found, Recogniser) and found.compiled}


def refuse_key(house: House) -> None:
    house.write(devise="typo")


def refuse_syntax(house: House) -> None:
    house.file.write_text("device: [", encoding="utf8")


def refuse_missing(house: House) -> None:
    house.write(model={"name": "nobody"})


def refuse_files(house: House) -> None:
    (house.model / "fp16" / "model.bin").write_bytes(b"cut")


def refuse_golden(house: House) -> None:
    manifest = yaml.safe_load((house.model / FILE_NAME).read_text(encoding="utf8"))
    manifest["golden"][0]["text"] = "what nobody wrote"
    put_on(house.model, manifest)


def refuse_graph(house: House) -> None:
    manifest = yaml.safe_load((house.model / FILE_NAME).read_text(encoding="utf8"))
    manifest["input"]["height"] = 32
    put_on(house.model, manifest)


def refuse_picture(house: House) -> None:
    (house.model / "golden" / "lot48.png").write_bytes(b"no picture")
    dress(house.model, 1)


REFUSALS = {
    refuse_key: "did you mean device",
    refuse_syntax: "not YAML",
    refuse_missing: "there is no model nobody",
    refuse_files: "SHA-256 is",
    refuse_golden: "which says 'what nobody wrote'",
    refuse_graph: "",
    refuse_picture: "",
}


@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda refuse: refuse.__name__)
def test_a_bad_one_changes_nothing_and_is_told_until_a_good_one_came(house: House, refuse: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The old generation reads on with its model open; event, journal and health have the errors."""
    before, level = house.daemon.parts.succession.current, logging.getLogger("edged").level
    good, open_before = dict(house.content), opened()
    refuse(house)
    outcome = house.reload()
    assert not outcome.ok
    assert REFUSALS[refuse] in " ".join(outcome.errors)
    assert house.daemon.parts.succession.current is before
    assert house.daemon.parts.succession.living == 1
    assert len(before.recognisers[0].compiled) == 1
    assert opened() <= open_before  # what was built in vain is closed
    assert logging.getLogger("edged").level == level
    assert house.events()[0].startswith("reload_failed ")
    assert all(any(error in record.getMessage() for record in caplog.records) for error in outcome.errors)
    health = house.daemon.parts.report.health()
    assert health.state is not HealthState.OK
    assert any(f"reload: failed, the old configuration stays: {outcome.errors[0]}" == reason for reason in health.reasons)

    house.content = good
    house.write()
    dress(house.model, 2)
    (house.model / "fp16" / "model.bin").write_bytes((Path("models") / NAME / "fp16" / "model.bin").read_bytes())
    (house.model / "golden" / "lot48.png").write_bytes((Path("models") / NAME / "golden" / "lot48.png").read_bytes())
    assert house.reload().ok
    assert not any("reload" in reason for reason in house.reasons())
    assert house.events()[-1].startswith("reload ")


def test_what_breaks_unexpectedly_changes_nothing_either(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """A defect of ours in a new model must not end a daemon that reads."""
    reloading: Any = house.daemon.reloading
    reloading._load = lambda: 1 / 0
    outcome = house.reload()
    assert outcome.errors == ("ZeroDivisionError: division by zero",)
    assert "Traceback" in caplog.text


def test_what_a_start_from_the_last_good_one_told_is_not_told_again(house: House) -> None:
    """The first look finds the same bad file; another error is news, and a good file ends both."""
    refuse_key(house)
    with pytest.raises(ConfigError) as refused:
        load_config(house.file)
    house.daemon.reloading._known = refused.value.findings
    assert not house.reload().ok
    assert (house.events(), house.reasons()) == ([], ())
    refuse_syntax(house)
    assert not house.reload().ok
    assert house.events()[-1].startswith("reload_failed ")
    del house.content["devise"]
    house.write()
    assert house.reload().ok
    assert house.reasons() == ()


def test_too_many_generations_are_refused_with_the_reason(house: House) -> None:
    """Inputs that get no answer keep their model open: memory is bounded, and the current one goes on."""
    reloading: Any = house.daemon.reloading
    reloading._clock = Pausing(house.pauses)
    succession = house.daemon.parts.succession
    leases = []
    for number in (1, 2):
        leases.append(succession.lease(INBOX))
        dress(house.model, number)
        assert house.reload().ok
    dress(house.model, 3)
    outcome = house.reload()
    assert outcome.errors == ("3 generations of models are in memory: the inputs of earlier ones have no answer yet",)
    assert succession.living == 3
    leases[0].give_back()
    assert house.reload().ok
    assert succession.living == 3


class Pausing(SystemClock):
    """Time passes only while somebody pauses, a second each."""

    def __init__(self, pauses: list[float]) -> None:
        self._pauses = pauses

    def monotonic(self) -> float:
        return float(len(self._pauses))


def test_the_files_of_every_model_in_use_are_watched(house: House) -> None:
    """Also where a better place of the shelf has none yet, and those of a source's own model."""
    house.write(sources={"inbox": {"path": "inbox", "model": {"name": NAME, "precision": "fp16"}}}, model={"name": NAME})
    house.reload()
    files = set(house.daemon.reload._files())
    assert {house.file, house.model, house.path / "state" / "models" / NAME} <= files


def test_a_reload_is_kept_as_the_last_good_configuration(house: House) -> None:
    """What is in effect now, so that a bad file after a crash starts from here."""
    house.write(log={"level": "debug"})
    outcome = house.reload()
    kept = yaml.safe_load((house.path / "state" / "last_good.json").read_text(encoding="utf8"))
    assert kept["digest"] == outcome.config
    assert kept["config"]["log"]["level"] == "debug"


def test_systemd_hears_of_it_only_when_it_changes_something(house: House) -> None:
    """RELOADING=1 is followed by READY=1, and a start is not declared ready by a reload."""
    heard: list[str] = []
    house.daemon.parts.notifier._tell = lambda *fields: heard.append(fields[0])  # type: ignore[method-assign]
    house.reload()
    house.write(log={"level": "debug"})
    house.reload()
    assert heard == []
    house.daemon.parts.sources[0]._parts.inbox.looked = True
    house.write(log={"level": "info"})
    house.reload()
    assert heard == ["RELOADING=1", "READY=1"]
