"""Topics that the broker does not take on this connection, of a lane whose messages are over once they were answered."""

from edged.flow import mqtt_codes
from edged.link import Fault


class Refusals:
    """Belongs to the relay's thread."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}  # by topic

    @property
    def faults(self) -> list[Fault]:
        """Why, for each."""
        return list(self._faults.values())

    def answered(self, topic: str, code: int) -> None:
        """The broker's word on the newest message of a topic."""
        self._faults.pop(topic, None)
        if code >= mqtt_codes.FAILURE:
            self._faults[topic] = mqtt_codes.not_taken(code, topic)

    def refuse(self, topic: str, fault: Fault) -> None:
        """It cannot even be sent."""
        self._faults[topic] = fault

    def clear(self) -> None:
        """The next connection may take them."""
        self._faults.clear()
