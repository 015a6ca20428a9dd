"""What a changed key takes to come into effect: nothing, a new connection, or a new process."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edged.config.root import Config


class Effect(StrEnum):
    """From mild to harsh."""

    LIVE = "live"  # the next generation has it, between two frames
    RECONNECT = "reconnect"  # the connection to the broker is made anew
    RESTART = "restart"  # stays as it is until the daemon starts again


# `*` is any source; a section stands for all its keys. A new key belongs in here: a test says so.
_RESTART = (
    "version",
    "device",  # stands in every topic, and in each payload already written
    "state_dir",  # the open database, and where the layers are
    "control.socket",
    "outbox.reserve_bytes",  # the file stands as it is
    "metrics",
    "mqtt.base",  # start of every topic; the old retained ones would stay behind
    "sources.*.kind",
    "sources.*.after",  # another kind of source
    "sources.*.retention",
    "sources.*.evidence.days",  # as retention
    "sources.*.evidence.max_bytes",
    "sources.*.path",  # claims under way lie in the folders as they are
    "sources.*.work",
    "sources.*.done",
    "sources.*.failed",
    "sources.*.recursive",  # another mask and other watches
)
_RECONNECT = (
    "mqtt.host",
    "mqtt.port",
    "mqtt.protocol",
    "mqtt.client_id",
    "mqtt.username",
    "mqtt.password_file",
    "mqtt.password_credential",
    "mqtt.keepalive_seconds",
    "mqtt.connect_timeout_seconds",
    "mqtt.retry_max_seconds",
    "mqtt.home_assistant",  # another subscription
    "mqtt.app_ack",  # another subscription, another expiry of the session
    "mqtt.tls",
)
_LIVE = (
    "models_dir",  # the shelf is looked at by each generation
    "model",
    "detector",
    "recognise",
    "mqtt.ack_timeout_seconds",
    "mqtt.require_subscriber",
    "mqtt.control",
    "mqtt.request_max_age_seconds",
    "mqtt.live_seconds",
    "mqtt.live_retained",
    "mqtt.unread_token",
    "outbox.max_bytes",
    "outbox.keep_sent_days",
    "log.level",
    "sources.*.url",  # this and what follows: the camera is opened anew
    "sources.*.username",
    "sources.*.password_file",
    "sources.*.password_credential",
    "sources.*.transport",
    "sources.*.open_seconds",
    "sources.*.read_seconds",
    "sources.*.frozen_seconds",
    "sources.*.black_seconds",
    "sources.*.v4l2",
    "sources.*.file",
    "sources.*.duplicates",
    "sources.*.duplicates_seconds",
    "sources.*.layout",
    "sources.*.empty",
    "sources.*.tall",
    "sources.*.order",
    "sources.*.ignore",
    "sources.*.settle_seconds",
    "sources.*.stalled_seconds",
    "sources.*.rescan_seconds",
    "sources.*.unsure_below",
    "sources.*.rules",
    "sources.*.fields",
    "sources.*.align",
    "sources.*.quality",
    "sources.*.model",
    "sources.*.limits",
    "sources.*.preprocess",
    "sources.*.trigger",
    "sources.*.window",
    "sources.*.evidence",
)
TABLE = {
    tuple(key.split(".")): effect
    for effect, keys in ((Effect.RESTART, _RESTART), (Effect.RECONNECT, _RECONNECT), (Effect.LIVE, _LIVE))
    for key in keys
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Keys with another value, by what they take: `sources.inbox.path`; a source that came or went is `sources.inbox`."""

    live: tuple[str, ...] = ()
    reconnect: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.live or self.reconnect or self.restart)


def effect_of(path: tuple[str, ...]) -> Effect | None:
    """What a change of this key takes; None where neither it nor a section above it is in the table."""
    pattern = tuple("*" if at == 1 and path[0] == "sources" else part for at, part in enumerate(path))
    if pattern in (("sources",), ("sources", "*")):  # one that comes or goes has threads, folders and topics of its own
        return Effect.RESTART
    above = (pattern[:end] for end in range(len(pattern), 0, -1))
    return next((TABLE[name] for name in above if name in TABLE), None)


def changes(old: Config, new: Config) -> Changes:
    """Every key whose value differs, spelled out or not."""
    found: dict[Effect, list[str]] = {effect: [] for effect in Effect}
    for path in _differing((), old.model_dump(mode="json"), new.model_dump(mode="json")):
        found[effect_of(path) or Effect.RESTART].append(".".join(path))
    return Changes(**{str(effect): tuple(paths) for effect, paths in found.items()})


def _differing(path: tuple[str, ...], old: Any, new: Any) -> Iterator[tuple[str, ...]]:
    """Paths of what differs: below what both have, else of what one of them has."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield path
        return
    if path[-1:] == ("fields",) and old.keys() == new.keys() and [*old] != [*new]:
        yield path  # their order is that of the lines
    for key in sorted({*old, *new}):
        if key in old and key in new:
            yield from _differing((*path, key), old[key], new[key])
        else:
            yield (*path, key)
