"""What is told as gone, over reloads and restarts."""

import json
from pathlib import Path
from typing import Any

import pytest

from edged.config import Config
from edged.daemon.announcing import Announcer
from edged.link import Message
from tests.doubles.home_assistant import check

LOT, BATCH = "field.inbox.lot", "field.inbox.batch"


def config(state: Path, *fields: str, **home_assistant: Any) -> Config:
    source = {"kind": "folder", "path": Path("/srv/inbox"), "fields": {field: {} for field in fields}}
    mqtt = {"home_assistant": {"enabled": True} | home_assistant}
    return Config.model_validate({"version": 1, "device": "line3", "state_dir": state, "mqtt": mqtt, "sources": {"inbox": source}})


def fields(message: Message) -> dict[str, bool]:
    """The fields of an announcement, and whether each is there rather than gone."""
    return {key: len(one) > 1 for key, one in check(message.payload)["components"].items() if key.startswith("field.")}


def announced(announcer: Announcer) -> dict[str, bool]:
    (message,) = announcer.messages()
    return fields(message)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_field_that_is_renamed_is_told_as_gone(tmp_path: Path, restarted: bool) -> None:
    """After a reload, and after a restart with another file."""
    announcer = Announcer(config(tmp_path, "lot"))
    assert announced(announcer) == {LOT: True}
    if restarted:
        announcer = Announcer(config(tmp_path, "batch"))
    else:
        announcer.adapt(config(tmp_path, "batch"))
    assert announced(announcer) == {BATCH: True, LOT: False}
    announcer = Announcer(config(tmp_path, "lot"))
    assert announced(announcer) == {LOT: True, BATCH: False}, "and back again"


def test_what_is_gone_is_forgotten_once_home_assistant_has_heard_it(tmp_path: Path) -> None:
    """It is said once more, and then without: Home Assistant has it, and so has one that reads the retained message later."""
    announcer = Announcer(config(tmp_path, "lot"))
    announcer.adapt(config(tmp_path, "batch"))
    said: list[Message] = []
    announcer.born(said.append)
    assert [fields(message) for message in said] == [{BATCH: True, LOT: False}, {BATCH: True}]
    assert announced(announcer) == announced(Announcer(config(tmp_path, "batch"))) == {BATCH: True}
    said.clear()
    announcer.born(said.append)
    assert [fields(message) for message in said] == [{BATCH: True}]


def test_switched_off_nothing_is_told_or_remembered(tmp_path: Path) -> None:
    """The relay clears the topic, and with it everything goes."""
    announcer = Announcer(config(tmp_path, "lot"))
    announcer.adapt(config(tmp_path, "lot", enabled=False))
    said: list[Message] = []
    announcer.born(said.append)
    assert (announcer.messages(), said, list(tmp_path.iterdir())) == ((), [], [])
    announcer.adapt(config(tmp_path, "batch"))
    assert announced(announcer) == {BATCH: True}


def test_another_topic_takes_all_with_it(tmp_path: Path) -> None:
    """Its old one is cleared as a whole: nothing needs to be told as gone under the new one."""
    announcer = Announcer(config(tmp_path, "lot"))
    announcer.adapt(config(tmp_path, "batch", prefix="other"))
    assert announced(announcer) == {BATCH: True}


@pytest.mark.parametrize("content", ["", "[]", '{"t": 1}', '{"t": {"told": [], "gone": {}}}', "\x00"])
def test_a_memory_that_is_not_ours_is_begun_anew(tmp_path: Path, content: str) -> None:
    """No file ends the daemon."""
    (tmp_path / "home_assistant.json").write_text(content)
    assert announced(Announcer(config(tmp_path, "lot"))) == {LOT: True}


def test_what_cannot_be_remembered_is_told_in_health(tmp_path: Path) -> None:
    """It is announced all the same, and well again once it can be."""
    announcer = Announcer(config(tmp_path / "missing", "lot"))
    assert announced(announcer) == {LOT: True}
    assert "cannot be written: No such file or directory; a field that goes may stay" in announcer.health().reasons[0]
    (tmp_path / "missing").mkdir()
    announcer.adapt(config(tmp_path / "missing", "batch"))
    assert announcer.health().reasons == ()


def test_what_is_told_as_gone_is_bounded(tmp_path: Path) -> None:
    """Home Assistant may never come online again."""
    announcer = Announcer(config(tmp_path, "f0"))
    for number in range(1, 270):
        announcer.adapt(config(tmp_path, f"f{number}"))
    told = announced(announcer)
    assert len(told) == 257
    assert told["field.inbox.f268"] is False
    assert "field.inbox.f0" not in told
    assert len(json.loads((tmp_path / "home_assistant.json").read_text())) == 1
