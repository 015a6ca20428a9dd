"""What the two processes say to one another: one JSON object a message, and at most one descriptor beside it."""

import json
import typing
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Final, Literal

MAX_BYTES: Final = 65_536  # of one message
Setting = int | str
Kind = Literal["stream", "v4l2", "video", "pictures"]


class Ending(StrEnum):
    """How an order came to its end."""

    UNOPENED = "unopened"  # why stands on standard error, if anywhere
    ABSENT = "absent"
    DENIED = "denied"
    BUSY = "busy"
    LOST = "lost"  # it was open, and nothing comes any more
    ENDED = "ended"  # a file, to its end
    UNSUPPORTED = "unsupported"
    OVERSIZE = "oversize"


class ProtocolError(Exception):
    """The other side says what it may not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """To the child: open this, and show it."""

    say: ClassVar = "order"
    kind: Kind
    place: str  # an address without a user, or a path
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    transport: Literal["tcp", "udp"] = "tcp"
    open_ms: int = 6000
    read_ms: int = 4000
    max_pixels: int = 40_000_000
    max_side: int = 16_384
    format: str | None = None  # FourCC
    width: int | None = None
    height: int | None = None
    fps: float | None = None  # asked of a device; of a folder of pictures, its pace
    controls: dict[str, Setting] = field(default_factory=dict)
    fast: bool = False  # in lock step: a frame for each `Next`
    loop: bool = False
    skip: int = 0  # frames of a file that were shown before

    @property
    def live(self) -> bool:
        """Whether its frames come whether anybody takes them or not."""
        return self.kind in ("stream", "v4l2")


@dataclass(frozen=True, slots=True)
class Next:
    """To the child: the next frame, in lock step."""

    say: ClassVar = "next"


@dataclass(frozen=True, slots=True)
class Ready:
    """It runs and waits for its order."""

    say: ClassVar = "ready"


@dataclass(frozen=True, slots=True)
class Beat:
    """It lives, whatever it waits for."""

    say: ClassVar = "beat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The camera is open; what it says of itself."""

    say: ClassVar = "opened"
    width: int
    height: int
    fps: float  # 0 where it does not say
    format: str
    controls: dict[str, Setting] = field(default_factory=dict)  # read back
    differs: list[str] = field(default_factory=list)  # what it did not take, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Frames of this size stand in the memory whose descriptor comes with it."""

    say: ClassVar = "memory"
    width: int
    height: int
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A frame stands in a slot."""

    say: ClassVar = "shown"
    number: int  # since the order, from 1
    slot: int
    stamp: int  # of the slot, while it holds this frame
    at: float  # monotonic clock of this machine, in seconds
    digest: int  # equal for equal pictures
    dark: bool  # nothing to be seen on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A picture of a folder that cannot be decoded."""

    say: ClassVar = "skipped"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The order is over; it waits for the next."""

    say: ClassVar = "failed"
    ending: Ending
    cause: str = ""


Message = Order | Next | Ready | Beat | Opened | Memory | Shown | Skipped | Failed
_KNOWN: Final[dict[str, type[Any]]] = {kind.say: kind for kind in typing.get_args(Message)}


def encode(message: Message) -> bytes:
    """The message as bytes.

    Raises:
        ProtocolError: It is too long.
    """
    data = json.dumps({"say": message.say, **asdict(message)}).encode()
    if len(data) > MAX_BYTES:
        text = f"a message of {len(data)} bytes, at most {MAX_BYTES} are sent"
        raise ProtocolError(text)
    return data


def decode(data: bytes) -> Message:
    """The message in these bytes, every field of the kind that it should be.

    Raises:
        ProtocolError: It is none.
    """
    try:
        fields = json.loads(data)
        kind = _KNOWN[fields.pop("say")]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        text = f"{data[:60]!r} is no message"
        raise ProtocolError(text) from error
    wanted = _hints(kind.say)
    wrong = [name for name, value in fields.items() if name not in wanted or not _fits(value, wanted[name])]
    fields |= {name: hint(fields[name]) for name, hint in wanted.items() if _is_words(hint) and name in fields and name not in wrong}
    try:
        message: Message = kind(**fields)
    except TypeError as error:
        wrong.append(str(error))
    if wrong:
        text = f"in a message `{kind.say}`: {', '.join(wrong)}"
        raise ProtocolError(text)
    return message


@cache
def _hints(say: str) -> dict[str, Any]:
    return {name: hint for name, hint in typing.get_type_hints(_KNOWN[say]).items() if name != "say"}


def _is_words(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)


def _fits(value: object, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        fits = any(_fits(value, one) for one in inner)
    elif origin is Literal:
        fits = value in inner
    elif origin is list:
        fits = isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    elif origin is dict:
        fits = isinstance(value, dict) and all(_fits(key, inner[0]) and _fits(one, inner[1]) for key, one in value.items())
    elif hint is float:
        fits = type(value) in (int, float)
    elif _is_words(hint):
        fits = value in tuple(hint)
    else:
        fits = type(value) is hint
    return fits
