"""What each key takes to come into effect."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from edged.config import Config
from edged.config import schema as config_schema
from edged.config.effects import TABLE, Changes, Effect, changes, effect_of
from edged.config.root import KINDS

SHOWN = Path(__file__).parents[3] / "config" / "edged.yaml"
BASE: dict[str, Any] = {"version": 1, "device": "line3", "sources": {"inbox": {"path": "/in"}}}


def _config(**sections: Any) -> Config:
    return Config.model_validate_json(json.dumps(BASE | sections))


def _inbox(**keys: Any) -> Config:
    return _config(sources={"inbox": {"path": "/in"} | keys})


def test_every_key_has_an_effect() -> None:
    """A key that is added to the configuration must say what its change takes."""
    known = {path for path, _ in config_schema.leaves()}
    assert [".".join(path) for path in known if effect_of(path) is None] == []
    assert len(known) > 50


def test_every_effect_has_its_key() -> None:
    """The table names no key that the configuration does not have, and none that the section above it covers alike."""
    for path, effect in TABLE.items():
        assert any(config_schema.at(path, kind) is not None for kind in KINDS), path
        assert effect_of(path[:-1]) != effect or path[:-1] == ("sources", "*"), path


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (_config(), Changes()),
        (_config(mqtt={"port": 1883}), Changes()),
        (_config(log={"level": "debug"}, mqtt={"port": 8883}, device="line4"),
         Changes(live=("log.level",), reconnect=("mqtt.port",), restart=("device",))),
        (_config(mqtt={"base": "plant"}), Changes(restart=("mqtt.base",))),
        (_config(mqtt={"tls": {}}), Changes(reconnect=("mqtt.tls",))),
        (_config(sources={"inbox": {"path": "/in"}, "gate": {"path": "/gate"}}), Changes(restart=("sources.gate",))),
        (_config(sources={"gate": {"path": "/in"}}), Changes(restart=("sources.gate", "sources.inbox"))),
        (_inbox(path="/other", ignore=["*.x"], preprocess={"grey": True}),
         Changes(live=("sources.inbox.ignore", "sources.inbox.preprocess.grey"), restart=("sources.inbox.path",))),
        (_inbox(model={"name": "other"}), Changes(live=("sources.inbox.model",))),
    ],
)  # fmt: skip
def test_changes_are_told_by_what_they_take(new: Config, expected: Changes) -> None:
    """Each key with another value is told once, under the effect that the table gives it."""
    found = changes(_config(), new)
    assert found == expected
    assert bool(found) == (expected != Changes())


def test_the_way_back_is_the_same_change() -> None:
    """What a change takes does not depend on its direction."""
    one, other = _config(), _inbox(model={"name": "other"}, limits={"max_side": 64})
    assert changes(one, other) == changes(other, one)


def test_the_shown_configuration_tells_the_effects() -> None:
    """Its head names each key that waits for a restart and no other; what makes a new connection is all of mqtt."""
    told = re.search(r"wait for a restart: (.*?) makes a new connection", SHOWN.read_text(encoding="utf-8"), re.DOTALL)
    assert told is not None
    names = {".".join(path).removeprefix("sources.*.") for path, effect in TABLE.items() if effect is Effect.RESTART}
    prose = {"a", "and", "comes", "else", "goes", "in", "mqtt", "of", "or", "source", "stands", "that", "What"}
    assert set(re.findall(r"[\w.]*\w", told[1])) - prose == names
    assert {path[0] for path, effect in TABLE.items() if effect is Effect.RECONNECT} == {"mqtt"}


def test_the_schema_tells_the_effect() -> None:
    """Whoever edits the file with its schema sees what a change takes."""
    for path, found in config_schema.leaves():
        assert found["x-effect"] == effect_of(path), path
    assert config_schema.at(("sources",))["x-effect"] == Effect.RESTART  # type: ignore[index]
