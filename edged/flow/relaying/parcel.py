"""One message on its way to the broker, and the lane that it came from and that hears what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edged.link import Fault, Message
from edged.types import OutboxMessage


class Lane(Protocol):
    """A queue of messages with rules of its own. Used by the relay's thread only."""

    def sent(self, parcel: "Parcel") -> None:
        """It is in flight."""

    def answered(self, parcel: "Parcel", code: int) -> None:
        """The broker acknowledged it; from 0x80 on by saying no."""

    def unsendable(self, parcel: "Parcel", fault: Fault) -> None:
        """It was not sent: the broker says beforehand that it takes nothing of that size."""

    def ended(self, parcels: Sequence["Parcel"], fault: Fault, *, alone: bool, proven: bool) -> None:
        """The connection ended with these of the lane in flight.

        *alone*: nothing else was; *proven*: there was a receipt on that connection.
        """


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, its lane, and the row that it was made of."""

    lane: Lane
    message: Message
    row: OutboxMessage | None = None

    @property
    def what(self) -> str:
        """Names it for the operator."""
        return f"seq {self.row.seq}" if self.row else self.message.topic
