"""What Home Assistant was told, over restarts: what is no more has to be told as gone.

It is told so in the retained announcement until Home Assistant says that it came online: whoever was connected has it by then.
An announcement whose topic is no longer ours is cleared like any retained topic, and all its entities go with it.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from edged.config import Config
from edged.control.health import Health, doubts
from edged.flow.home_assistant import announcement, components, discovery_topic
from edged.lib.files import atomic_write
from edged.link import Message

log = logging.getLogger(__name__)

_FILE: Final = "home_assistant.json"
_MOST: Final = 256  # components told as gone at a time; those that went first are forgotten first

Platforms = Mapping[str, str]  # by the id of a component


class Announcer:
    """The announcement of this device. Any thread may call any method. It is a health `Check`."""

    name = "home assistant"

    def __init__(self, config: Config) -> None:
        """Announce *config*, and tell as gone what an earlier process announced and is no more."""
        self._lock = threading.Lock()
        self._path = config.state_dir / _FILE
        self._gone: dict[str, str] = {}
        self._message: Message | None = None
        self._trouble = ""
        self.adapt(config)

    def adapt(self, config: Config) -> None:
        """Announce this configuration from now on."""
        with self._lock:
            self._config = config
            if not config.mqtt.home_assistant.enabled:
                self._message, self._gone = None, {}
                self._forget()
                return
            topic = discovery_topic(config)
            now = {key: component["platform"] for key, component in components(config).items()}
            before = _read(self._path).get(topic, {})
            gone = {**before.get("gone", {}), **before.get("told", {})}
            left = [(key, platform) for key, platform in gone.items() if key not in now]
            self._tell(dict(left[-_MOST:]), now)

    def messages(self) -> Sequence[Message]:
        """What is retained at the broker: the announcement, where one is wanted."""
        message = self._message
        return () if message is None else (message,)

    def born(self, say: Callable[[Message], None]) -> None:
        """Home Assistant came online: *say* the announcement once more, and from then on without what is gone."""
        with self._lock:
            if self._message is None:
                return
            say(self._message)
            if self._gone:
                self._tell({}, {key: component["platform"] for key, component in components(self._config).items()})
                say(self._message)

    def health(self) -> Health:
        """Degraded while it cannot be remembered what was announced."""
        return doubts([self._trouble] if self._trouble else [])

    def _tell(self, gone: dict[str, str], now: Platforms) -> None:
        """Remembered first: what is announced must be known to whoever takes it back."""
        content = {discovery_topic(self._config): {"told": now, "gone": gone}}
        try:
            if content != _read(self._path):
                atomic_write(self._path, json.dumps(content, indent=1).encode(), mode=0o640)
        except OSError as error:
            self._refused(error)
        else:
            self._trouble = ""
        self._gone, self._message = gone, announcement(self._config, gone)

    def _forget(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            self._refused(error)
        else:
            self._trouble = ""

    def _refused(self, error: OSError) -> None:
        why = os.strerror(error.errno or 0)
        self._trouble = f"{self._path} cannot be written: {why}; a field that goes may stay in Home Assistant until it is removed there"
        log.warning(self._trouble)


def _read(path: Path) -> dict[str, Any]:
    """What was remembered; nothing where it is not there, or not ours."""
    try:
        told = json.loads(path.read_bytes())
        well = all(isinstance(names, dict) for topic in told.values() for names in (topic["told"], topic["gone"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return told if well and isinstance(told, dict) else {}
