"""What a configuration means for the way to the broker and back."""

from collections.abc import Callable, Sequence

from edged.config import Config
from edged.control.requests import Rules
from edged.flow.pipeline import Fresh
from edged.flow.publish import MqttPublisher
from edged.flow.relaying.words import RelayOptions
from edged.flow.signals import signals
from edged.link import Message


def publisher(config: Config) -> MqttPublisher:
    """The broker of this configuration; nothing is opened before `connect`."""
    return MqttPublisher(config.mqtt, config.client_id)


def relay_options(config: Config) -> RelayOptions:
    """What is wanted of a delivery."""
    mqtt = config.mqtt
    fields = {f"{config.base}/field/{name}/{field}" for name, source in config.sources.items() for field in source.fields}
    live = fields | {f"{config.base}/verdict/{name}" for name in config.sources} if mqtt.live_retained else set()
    shown = {name for name, source in config.sources.items() if source.evidence.image_retained and source.evidence.image != "none"}
    kept = frozenset(live | {f"{config.base}/image/{name}" for name in shown})
    return RelayOptions(
        ack_timeout_seconds=mqtt.ack_timeout_seconds if mqtt.app_ack else None,
        require_subscriber=mqtt.require_subscriber,
        birth_topic=mqtt.home_assistant.birth_topic if mqtt.home_assistant.enabled else None,
        keeps=kept.__contains__,
    )


def desk_rules(config: Config) -> Rules:
    """Who may ask for what over MQTT."""
    return Rules(base=config.base, control=config.mqtt.control, max_age_seconds=config.mqtt.request_max_age_seconds)


class Live:
    """Tells subscribers of fields what was read just now."""

    def __init__(self, config: Config, tell: Callable[[Sequence[Message], float], None]) -> None:
        self._config, self._tell = config, tell

    def adapt(self, config: Config) -> None:
        """Speak like this from now on; from any thread."""
        self._config = config

    def __call__(self, readings: Sequence[Fresh]) -> None:
        """Tell of readings that were committed this moment, unless they had to wait for room until nothing of them is true any more."""
        config = self._config
        fresh = [reading for reading, age in readings if age <= config.mqtt.live_seconds]
        messages = [message for reading in fresh for message in signals(reading, config.base, config.mqtt)]
        if messages:
            self._tell(messages, config.mqtt.live_seconds)
