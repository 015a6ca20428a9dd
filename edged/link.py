"""What is said between us and the broker. Everything here is frozen."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

INBOUND_BYTES = 3 * 2**19  # the largest message that we take: a picture of 1 MiB in base64, and a little


class Presence(StrEnum):
    """What the retained status says of the daemon."""

    ONLINE = "online"
    OFFLINE = "offline"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One MQTT message of ours; everything goes out at QoS 1. What only MQTT 5 can say is left out of 3.1.1."""

    topic: str
    payload: bytes = field(repr=False)  # UTF-8, unless it is an image; empty clears a retained topic
    retain: bool = False
    properties: tuple[tuple[str, str], ...] = ()  # user properties, MQTT 5 only
    content_type: str = "application/json"  # MQTT 5 only
    expiry_seconds: int | None = None  # MQTT 5 only
    correlation: bytes | None = None  # MQTT 5 only


class Suspicion(StrEnum):
    """Whether the end of a connection may be the work of what was in flight."""

    NONE = "none"  # a network fault, a shutdown, our own doing
    PERHAPS = "perhaps"  # the broker hung up without a word
    CERTAIN = "certain"  # the broker said that a packet was the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why the broker cannot be reached, or does not take a topic."""

    name: str  # a word for machines, such as `not_authorized`
    message: str  # what, where, what was found
    hint: str  # what to do
    suspicion: Suspicion = Suspicion.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The broker greeted us; at most *window* messages may be unacknowledged."""

    window: int
    certificate_until: dt.datetime | None = None  # of the broker's, where there is TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """The broker answered our subscriptions."""

    refused: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message for us."""

    topic: str
    payload: bytes = field(repr=False)
    retained: bool  # it was there before we subscribed: nobody knows how old it is
    properties: tuple[tuple[str, str], ...] = ()  # user properties
    expiry_seconds: int | None = None  # what is left of it
    response_topic: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A connection ended or never came to be; it says nothing more after this."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The broker's PUBACK; below 0x80 the message is its own now."""

    ticket: int
    code: int


LinkEvent = Connected | Subscribed | Received | Lost | Receipt
