"""The controls of a USB camera (exposure, gain, focus …), by ioctl(2); numbers and structures of linux/videodev2.h.

A control has the name that v4l2-ctl gives it: `exposure_time_absolute`; a menu's value is one of its texts, or its number.
"""

import errno
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edged.capture.protocol import Setting

Ioctl = Callable[[int, bytes], bytes]
"""An ioctl on the device: the request and its structure; the structure afterwards. Raises OSError."""

_CAPABILITY: Final = struct.Struct("=16s32s32sIII12x")
_QUERYCTRL: Final = struct.Struct("=II32siiiiI8x")
_QUERYMENU: Final = struct.Struct("=II32s4x")
_CONTROL: Final = struct.Struct("=Ii")


def _request(number: int, structure: struct.Struct, *, both: bool) -> int:
    """_IOR or _IOWR of asm-generic/ioctl.h, for the type `V`."""
    return (3 if both else 2) << 30 | structure.size << 16 | ord("V") << 8 | number


QUERYCAP: Final = _request(0, _CAPABILITY, both=False)
G_CTRL: Final = _request(27, _CONTROL, both=True)
S_CTRL: Final = _request(28, _CONTROL, both=True)
QUERYCTRL: Final = _request(36, _QUERYCTRL, both=True)
QUERYMENU: Final = _request(37, _QUERYMENU, both=True)

_NEXT: Final = 0x8000_0000  # V4L2_CTRL_FLAG_NEXT_CTRL; of capabilities, "device_caps is set"
_VIDEO_CAPTURE: Final = 0x1
_BOOLEAN, _MENU, _BUTTON, _CLASS, _INTEGER, _INTEGER_MENU = 2, 3, 4, 6, 1, 9
_DISABLED, _READ_ONLY, _INACTIVE, _WRITE_ONLY = 0x1, 0x4, 0x10, 0x40
_MAX: Final = 500  # controls, and entries of a menu: a driver gone wild must not keep us


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control, as the driver describes it."""

    id: int
    name: str
    type: int
    minimum: int
    maximum: int
    step: int
    flags: int
    menu: Mapping[int, str] = field(default_factory=dict)

    @property
    def range(self) -> str:
        """What it takes, in words."""
        if self.menu:
            return " or ".join(f'"{text}"' for text in self.menu.values())
        if self.type == _BOOLEAN:
            return "0 or 1"
        return f"{self.minimum} to {self.maximum}" + (f" in steps of {self.step}" if self.step > 1 else "")


def can_capture(ioctl: Ioctl) -> tuple[str, bool]:
    """The card's name, and whether pictures come from this node: a camera often has a second one for its metadata.

    Raises:
        OSError: It is no video device.
    """
    _, card, _, _, capabilities, device = _CAPABILITY.unpack(ioctl(QUERYCAP, bytes(_CAPABILITY.size)))
    return _text(card), bool((device if capabilities & _NEXT else capabilities) & _VIDEO_CAPTURE)


def controls(ioctl: Ioctl) -> dict[str, Control]:
    """Every control of the device, by name."""
    found: dict[str, Control] = {}
    last = 0
    for _ in range(_MAX):
        try:
            answer = ioctl(QUERYCTRL, _QUERYCTRL.pack(last | _NEXT, 0, b"", 0, 0, 0, 0, 0))
        except OSError:  # EINVAL: that was the last
            break
        id, kind, name, low, high, step, _, flags = _QUERYCTRL.unpack(answer)
        if id <= last:
            break
        last = id
        if kind in (_CLASS, _BUTTON) or flags & _DISABLED:
            continue
        menu = _menu(ioctl, id, low, high) if kind == _MENU else {}
        control = Control(id=id, name=_named(_text(name)), type=kind, minimum=low, maximum=high, step=step, flags=flags, menu=menu)
        found[control.name] = control
    return found


def apply(ioctl: Ioctl, wanted: Mapping[str, Setting]) -> tuple[dict[str, Setting], list[str]]:
    """Set controls in this order, read all back that were asked for, and say what the device did not take.

    An automatic exposure has to be switched off before its time is set: hence the order is the operator's.
    """
    known = controls(ioctl) if wanted else {}
    differs: list[str] = []
    asked: dict[str, int] = {}
    for name, setting in wanted.items():
        control = known.get(name)
        if control is None:
            differs.append(f"it has no control {name}, but {', '.join(known) or 'none at all'}")
            continue
        value = _value(control, setting)
        if value is None:
            differs.append(f'{name} takes {control.range}, not "{setting}"')
            continue
        asked[name] = value
        try:
            ioctl(S_CTRL, _CONTROL.pack(control.id, value))
        except OSError as error:
            differs.append(_refused(control, setting, error))
            del asked[name]
    now = {name: _read(ioctl, known[name]) for name in wanted if name in known}
    for name, value in asked.items():
        got = now[name]
        if got is not None and got != value:
            differs.append(f"{name} is {_shown(known[name], got)}, not {_shown(known[name], value)}{_sleeping(ioctl, known[name])}")
    return {name: _shown(known[name], value) for name, value in now.items() if value is not None}, differs


def _refused(control: Control, setting: Setting, error: OSError) -> str:
    if error.errno == errno.ERANGE:
        return f"{control.name} takes {control.range}, not {setting}"
    return f"{control.name} cannot be set to {setting}: {error.strerror}"


def _sleeping(ioctl: Ioctl, control: Control) -> str:
    """Whether another control keeps it from having an effect."""
    fresh = controls(ioctl).get(control.name, control)
    if fresh.flags & _READ_ONLY:
        return " (it can only be read)"
    return " (it is inactive: switch off the automatic before it)" if fresh.flags & _INACTIVE else ""


def _value(control: Control, setting: Setting) -> int | None:
    """The number for a setting; None where it has none."""
    if isinstance(setting, str):
        wanted = setting.strip().casefold()
        return next((number for number, text in control.menu.items() if text.casefold() == wanted), None)
    if control.menu and setting not in control.menu:
        return None
    return setting if control.minimum <= setting <= control.maximum else None


def _shown(control: Control, value: int) -> Setting:
    return control.menu.get(value, value)


def _read(ioctl: Ioctl, control: Control) -> int | None:
    if control.flags & _WRITE_ONLY:
        return None
    try:
        return int(_CONTROL.unpack(ioctl(G_CTRL, _CONTROL.pack(control.id, 0)))[1])
    except OSError:
        return None


def _menu(ioctl: Ioctl, id: int, low: int, high: int) -> dict[int, str]:
    """Its entries; drivers leave numbers out."""
    entries: dict[int, str] = {}
    for number in range(low, min(high, low + _MAX) + 1):
        try:
            entries[number] = _text(_QUERYMENU.unpack(ioctl(QUERYMENU, _QUERYMENU.pack(id, number, b"")))[2])
        except OSError:
            continue
    return entries


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def _named(text: str) -> str:
    """As v4l2-ctl names it: `Exposure, Auto` is `exposure_auto`."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "_".join(words)
