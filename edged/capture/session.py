"""The loop of the child: an order, its frames, its end, and the next order."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from edged.capture.channel import Channel
from edged.capture.look import looked_at
from edged.capture.pictures import Pictures
from edged.capture.players import CaptureError, Player
from edged.capture.protocol import Beat, Ending, Failed, Memory, Message, Next, Order, ProtocolError, Ready, Shown, Skipped
from edged.capture.ring import RingWriter
from edged.capture.v4l2_camera import V4l2Camera
from edged.capture.video import Video

_BEAT_SECONDS: Final = 0.5
_BACKLOG_SECONDS: Final = 1.0  # frames that came while the stream was probed: for that long at most they are let go
_AT_ONCE: Final = 0.4  # of the pause between two frames: one that came sooner did not have to be waited for
_USUAL_FPS: Final = 25.0  # of a camera that does not say


class Gone(Exception):
    """The other side is not there any more, or wants something else: this process has no business here."""


def serve(channel: Channel) -> None:
    """Take orders until the other side is gone."""
    threading.Thread(target=_beat, args=(channel,), daemon=True).start()
    channel.send(Ready())
    ring = _Ring(channel)
    while True:
        match _received(channel):
            case Order() as order:
                try:
                    _play(channel, order, ring)
                except CaptureError as error:
                    channel.send(Failed(ending=error.ending, cause=str(error)))
            case Next():  # of an order that is over
                continue
            case _:
                raise Gone


def _beat(channel: Channel) -> None:
    """Say that we live, and notice the end of the other side whatever the main thread hangs in."""
    while True:
        time.sleep(_BEAT_SECONDS)
        try:
            channel.send(Beat(), wait=False)
        except OSError:
            os._exit(0)


def _received(channel: Channel) -> Message:
    try:
        found = channel.receive()
    except ProtocolError as error:
        raise Gone from error
    if found is None:
        raise Gone
    message, fd = found
    if fd is not None:
        os.close(fd)
    return message


def _open(channel: Channel, order: Order) -> Player:
    if order.kind == "v4l2":
        return V4l2Camera(order)
    if order.kind == "pictures":
        return Pictures(order, lambda name: _skipped(channel, name))
    return Video(order)


def _skipped(channel: Channel, name: str) -> None:
    channel.send(Skipped(name=name.encode("utf-8", "replace").decode()))


def _play(channel: Channel, order: Order, ring: "_Ring") -> None:
    """Show what the camera shows.

    Raises:
        CaptureError: It is over.
        Gone: So is the other side.
    """
    player = _open(channel, order)
    try:
        _bounded(order, player.opened.width, player.opened.height)
        channel.send(player.opened)
        if player.live:
            _drop_backlog(player, time.monotonic)
        _show_all(channel, order, player, ring)
    finally:
        player.close()


def _drop_backlog(player: Player, clock: Callable[[], float]) -> None:
    """Let go of what came while the stream was opened: the first frame that is shown is a new one."""
    until, at_once = clock() + _BACKLOG_SECONDS, _AT_ONCE / (player.opened.fps or _USUAL_FPS)
    while (began := clock()) < until:
        player.grab()
        if clock() - began > at_once:
            return


def _show_all(channel: Channel, order: Order, player: Player, ring: "_Ring") -> None:
    shown, began, skip = 0, time.monotonic(), order.skip
    first: float | None = None
    while True:
        wanted = skip == 0 if order.fast else channel.ready(0)  # where it is not in lock step, nothing is said but the end
        if wanted:
            _await_next(channel)
        due = player.grab()
        if skip:
            skip -= 1
            continue
        if due is not None and not order.fast:
            first = due if first is None else first
            while (pause := began + due - first - time.monotonic()) > 0:
                if channel.ready(pause):
                    _await_next(channel)
        shown += 1
        ring.show(player, order, shown)


def _await_next(channel: Channel) -> None:
    if not isinstance(_received(channel), Next):
        raise Gone


def _bounded(order: Order, width: int, height: int) -> None:
    if width * height > order.max_pixels or max(width, height) > order.max_side:
        cause = f"its pictures have {width} x {height} pixels, limits.max_pixels is {order.max_pixels}, limits.max_side {order.max_side}"
        raise CaptureError(Ending.OVERSIZE, cause)


class _Ring:
    """The memory of the frames; another size takes another one."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._memory: RingWriter | None = None
        self._slot = 0

    def show(self, player: Player, order: Order, number: int) -> None:
        """Put the frame into the next slot, and tell of it."""
        at = time.monotonic()
        memory = self._memory
        into = None
        if memory is not None:
            self._slot = (self._slot + 1) % memory.slots
            into = memory.begin(self._slot)
        image = player.retrieve(into)
        height, width = image.shape[:2]
        _bounded(order, width, height)
        if memory is None or (memory.width, memory.height) != (width, height):
            into = None
            memory = self._renew(width, height)
        if image is not into:
            into = memory.begin(self._slot)
            into[:] = image if image.ndim == into.ndim else image.reshape(height, width, 1)
        digest, dark = looked_at(into)
        del into, image
        stamp = memory.end(self._slot)
        self._channel.send(Shown(number=number, slot=self._slot, stamp=stamp, at=at, digest=digest, dark=dark), wait=order.fast)

    def _renew(self, width: int, height: int) -> RingWriter:
        if self._memory is not None:
            self._memory.close()
        self._memory, self._slot = RingWriter(width, height), 0
        self._channel.send(Memory(width=width, height=height, slots=self._memory.slots), self._memory.fd)
        return self._memory
