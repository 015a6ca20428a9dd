"""The course of a camera: what it is doing, what is to be done next, and what is told of it. Pure: time and messages are handed in."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any, Final

from edged.capture.protocol import Beat, Ending, Failed, Message, Opened, Order, Ready, Shown
from edged.config import CameraSection
from edged.flow.camera.causes import coded_size, verdict
from edged.flow.camera.sight import Sight
from edged.flow.camera.states import COUNTERS, TROUBLES, CameraState


class Act(Enum):
    """What is to be done with the child."""

    NOTHING = auto()
    SPAWN = auto()
    ORDER = auto()
    KILL = auto()


class Phase(Enum):
    """Where the child is."""

    AWAY = auto()  # there is none
    STARTING = auto()  # it does not say that it runs
    IDLE = auto()  # it waits for an order
    OPENING = auto()  # it has one
    PLAYING = auto()  # it shows frames
    DOOMED = auto()  # it is to be killed
    OVER = auto()  # nothing is to be done any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """In seconds, what no operator sets."""

    start: float = 30.0  # a process that loads OpenCV on a slow card
    grace: float = 0.5  # after the child should have given up by itself
    hung: float = 2.0  # without a sign of life
    first: float = 0.5  # pauses before it is opened again: the first …
    longest: float = 2.0  # … and the longest: with open_seconds it has to be back 10 s after the camera
    longest_refused: float = 60.0  # cameras lock users
    proven: float = 10.0  # frames for that long: what comes next is a new failure
    orders: int = 100  # of one process: what FFmpeg loses by an order goes with it


Delay = Callable[[int, float, float], float]
"""How long to wait after so many failures in a row, from a first pause to a longest one."""


class Course:
    """One camera. Called from one thread at a time; `told` and the rest of what is read is consistent only then."""

    def __init__(self, section: CameraSection, order: Order, *, delay: Delay, times: Times) -> None:
        """A camera that was not looked at yet."""
        self.state, self.trouble, self.looked = CameraState.STARTING, "", False
        self.counts = dict.fromkeys(COUNTERS, 0)
        self.opened: Opened | None = None
        self._section, self.order, self._delay, self._times = section, order, delay, times
        self._sight = self._new_sight()
        self._phase, self._failures, self._orders, self._played = Phase.AWAY, 0, 0, 0
        self._again = self._since = self._beaten = 0.0  # on the monotonic clock
        self._first_at: float | None = None
        self._coded: tuple[int, int] | None = None
        self.number = self._shown = 0  # of the last frame: of all, and since this order

    def _new_sight(self) -> Sight:
        """A file that repeats itself is no camera that froze."""
        return Sight(*self._limits)

    @property
    def _limits(self) -> tuple[float, float]:
        return (self._section.frozen_seconds, self._section.black_seconds) if self.order.live else (0.0, 0.0)

    # --- what the section says ---

    def change(self, section: CameraSection, order: Order) -> None:
        """Go by this section; another order begins anew."""
        self._section = section
        if order != self.order:
            self.order, self._played, self._failures, self._again = order, 0, 0, 0.0
            self._sight = self._new_sight()
            self.trouble, self.opened = "", None
            self.state = CameraState.CONNECTING
            self._phase = Phase.AWAY if self._phase in (Phase.AWAY, Phase.OVER) else Phase.DOOMED
        else:
            self._sight.limits(*self._limits)

    @property
    def skip(self) -> int:
        """How many frames of a file were shown before."""
        return 0 if self.order.live else self._played

    @property
    def about(self) -> dict[str, Any]:
        """What the camera says of itself; what it did not take is told as a trouble."""
        told = {} if self.opened is None else asdict(self.opened)
        return {name: value for name, value in told.items() if value and name != "differs"}

    # --- what is to be done ---

    def due(self, now: float) -> Act:
        """What is to be done now; it counts as done."""
        if self._phase in (Phase.STARTING, Phase.OPENING, Phase.PLAYING) and now >= self._deadline():
            self._missed(now)
        act = Act.NOTHING
        if self._phase is Phase.DOOMED:
            act, self._phase = Act.KILL, Phase.OVER if self.state is CameraState.ENDED else Phase.AWAY
        elif self._phase is Phase.AWAY and now >= self._again:
            act, self._phase, self._since, self._orders = Act.SPAWN, Phase.STARTING, now, 0
        elif self._phase is Phase.IDLE and now >= self._again:
            act, self._phase, self._since = Act.ORDER, Phase.OPENING, now
            self._orders += 1
            self._coded = None
            if self.state is CameraState.STARTING:
                self.state = CameraState.CONNECTING
        return act

    def pause(self, now: float) -> float | None:
        """How long nothing will be due unless something is heard; None for ever."""
        if self._phase is Phase.OVER:
            return None
        if self._phase is Phase.DOOMED:
            return 0.0
        until = self._again if self._phase in (Phase.AWAY, Phase.IDLE) else self._deadline()
        return max(0.0, until - now)

    def _deadline(self) -> float:
        if self._phase is Phase.STARTING:
            return self._since + self._times.start
        if self._phase is Phase.OPENING:
            return self._since + self._section.open_seconds + self._times.grace
        hung = self._beaten + max(self._times.hung, self._section.read_seconds) + self._times.grace
        return min(hung, self._since + self._section.read_seconds + self._times.grace) if self.order.live else hung

    def _missed(self, now: float) -> None:
        where, read = self._section.url, self._section.read_seconds
        if self._phase is Phase.STARTING:
            self._fail(CameraState.FAILED, f"the process that captures does not start within {self._times.start:g} s; {_REPORT}", now)
        elif now - self._beaten >= min(self._times.hung, read):
            self._fail(CameraState.FAILED, f"the process that captures {where} hangs and was ended; {_REPORT}", now)
        elif self._phase is Phase.OPENING:
            text = f"{where} did not open within {self._section.open_seconds:g} s (open_seconds)"
            self._fail(CameraState.UNREACHABLE, f"{text}; see that the camera is on and connected", now)
        else:
            text = f"{where} sent no frame for {read:g} s (read_seconds)"
            self._fail(CameraState.SILENT, f"{text}; see that the camera is on and connected", now)
        self._phase = Phase.DOOMED

    # --- what is heard ---

    def heard(self, message: Message, lines: Sequence[str], now: float) -> None:
        """The child says something; *lines* is what was printed since its order."""
        self._beaten = now
        if isinstance(message, Beat):
            return
        if isinstance(message, Ready) and self._phase is Phase.STARTING:
            self._phase = Phase.IDLE
        elif isinstance(message, Opened) and self._phase is Phase.OPENING:
            self._begin(message, now)
        elif isinstance(message, Shown) and self._phase is Phase.PLAYING and message.number > self._shown:
            self._show(message, now)
        elif isinstance(message, Failed) and self._phase in (Phase.OPENING, Phase.PLAYING):
            self._end(message, lines, now)

    def _begin(self, opened: Opened, now: float) -> None:
        if self.opened and (self.opened.width, self.opened.height) != (opened.width, opened.height):
            self.counts["resized"] += 1
        self._phase, self._since, self._first_at, self._shown, self.opened = Phase.PLAYING, now, None, 0, opened
        self.counts["connects"] += 1

    def _show(self, shown: Shown, now: float) -> None:
        self._since = now
        gap, self._shown = shown.number - self._shown, shown.number
        self.number += gap
        self._first_at = now if self._first_at is None else self._first_at
        if now - self._first_at >= self._times.proven:
            self._failures = 0
        self._played += gap
        self.counts["frames"] += gap
        assert self.opened is not None, "it was opened before"
        differs = CameraState.DIFFERS if self.opened.differs else None
        self._enter(self._sight.seen(shown.digest, shown.dark, shown.at) or differs or CameraState.STREAMING)
        self.looked = True

    def printed(self, line: str, now: float) -> None:
        """The child printed a line. A stream that changes its size is opened anew, for OpenCV would go on with the old one."""
        size = coded_size(line)
        if size is None:
            return
        if self._coded not in (None, size) and self._phase is Phase.PLAYING:
            self._phase, self._again = Phase.DOOMED, now
        self._coded = size

    def resized(self, width: int, height: int) -> None:
        """Frames of another size come."""
        if self.opened is not None and (self.opened.width, self.opened.height) != (width, height):
            self.counts["resized"] += 1
            before = self.opened
            self.opened = Opened(
                width=width, height=height, fps=before.fps, format=before.format, controls=before.controls, differs=before.differs
            )

    def _enter(self, state: CameraState) -> None:
        """Frames come, with or without a trouble."""
        where = self._section.url
        text = {
            CameraState.FROZEN: f"the pictures of {where} have been the same for {self._section.frozen_seconds:g} s (frozen_seconds); "
            "see whether the camera hangs: switch it off and on",
            CameraState.BLACK: f"the pictures of {where} have been black for {self._section.black_seconds:g} s (black_seconds); "
            "see to the light, the lens cap and the exposure",
            CameraState.DIFFERS: f"{where}: {', '.join(self.opened.differs) if self.opened else ''}; correct the keys below v4l2",
        }.get(state, "")
        self._turn(state, text)

    def _end(self, failed: Failed, lines: Sequence[str], now: float) -> None:
        if failed.ending is Ending.ENDED:
            self._turn(CameraState.ENDED, "")
            self.looked, self._phase = True, Phase.DOOMED
            return
        user = self._section.username is not None
        self._fail(*verdict(failed, lines, kind=self.order.kind, where=self._section.url, user=user), now)
        self._phase = Phase.DOOMED if self._orders >= self._times.orders else Phase.IDLE

    def fail(self, why: str, now: float, *, keep: bool = False) -> None:
        """The child cannot go on: it ended, or said nonsense; or, where it is to be *kept*, there is no password to give to it."""
        self._fail(CameraState.FAILED, why, now)
        self._phase = Phase.IDLE if keep else Phase.DOOMED

    def _fail(self, state: CameraState, trouble: str, now: float) -> None:
        self._failures += 1
        longest = self._times.longest_refused if state is CameraState.REFUSED else self._times.longest
        self._again = now + self._delay(self._failures, self._times.first, longest)
        self.looked = True
        self._turn(state, trouble)

    def _turn(self, state: CameraState, trouble: str) -> None:
        if state is not self.state and state in TROUBLES:
            self.counts[state] += 1
        self.state, self.trouble = state, trouble


_REPORT: Final = "it is started again by itself; where this repeats, report it with the journal"
