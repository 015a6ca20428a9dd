"""The seams of the data path, as contracts on order and threads."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from threading import Event
from typing import Any, Protocol

from edged.config import CameraSection, ReadingSection
from edged.lib.beat import Beat
from edged.link import LinkEvent, Message
from edged.types import Committed, Delivery, Frame, FrameId, OutboxMessage, OutboxStats, Outcome, Reading, ReplaySpan, SourceName


class Source(Protocol):
    """Where inputs come from."""

    name: SourceName

    def open(self) -> None:
        """Check folders or devices, take locks. Called once, before `deliveries`.

        Raises:
            SourceError: It cannot work as configured.
            InstanceRunning: Another process holds what this source needs alone.
        """

    def deliveries(self, stop: Event, beat: Beat) -> Iterator[Delivery]:
        """Yield claimed inputs in claim order until *stop* is set.

        Called from one thread at a time, and again after a feed failed; leftovers of an earlier process
        come first. The next claim is made only when the consumer asks for it: a slow consumer leaves files in the folder. Calls
        *beat* at least every 2 seconds while it waits.
        """

    def sync(self) -> None:
        """Make the claims so far durable; the sink calls it before each commit.

        Raises:
            OutboxError: The folders cannot be synced; nothing may be assumed, the process must end.
        """

    def finish(self, id: FrameId, outcome: Outcome, reasons: Sequence[str]) -> None:
        """File the input away after its reading was committed. Idempotent; from one other thread.

        Raises:
            OSError: It could not be filed; it stays in work and `finish` may be called again.
        """

    def close(self) -> None:
        """Stop watching and release locks. Idempotent, after `deliveries` ended."""


class ReportedSource(Source, Protocol):
    """A source as the daemon and its report see it; all of this may be asked from any thread."""

    @property
    def looked(self) -> bool:
        """Whether it had its first look: only then the daemon is ready."""

    @property
    def trouble(self) -> str:
        """Why it can deliver nothing, and what to do; empty where it can."""

    def told(self) -> Mapping[str, Any]:
        """What its topic and `edged status` say of it: its state, then its counters."""

    def change(self, section: ReadingSection) -> None:
        """Go by this section, of its own kind, from the next input on, but for what takes a restart."""


class FrameSource(Protocol):
    """A camera: the newest frame, and how it is doing. It never blocks for longer than asked, whatever the camera does."""

    def open(self) -> None:
        """Start looking for the camera; one that is away is no error."""

    def newer(self, than: int, timeout: float) -> Frame | None:
        """The newest frame with a number above *than*, waiting at most *timeout* seconds; None where none came.

        Called from one thread. Frames that nobody asked for in time are passed over and counted; a file that is played as
        fast as possible waits for who asks, and passes over none.
        """

    @property
    def looked(self) -> bool:
        """Whether it delivered a frame, or failed to, since `open`; from any thread, as all below."""

    @property
    def ended(self) -> bool:
        """Whether nothing will ever come any more: a file that was played to its end."""

    @property
    def trouble(self) -> str:
        """Why no frames come, and what to do; empty while they do."""

    def told(self) -> Mapping[str, Any]:
        """Its state in a word, then its counters; `edged.flow.camera.states` has both."""

    def change(self, section: CameraSection) -> None:
        """Go by this section from now on: where something of the camera itself changed, it is opened anew; numbers go on growing."""

    def close(self) -> None:
        """End it, whatever it does; who waits in `newer` gets None. Idempotent."""


class MessageStore(Protocol):
    """The outbox. All methods may be called from any thread; each returns only when it is durable."""

    def add(self, readings: Sequence[Reading]) -> list[Committed]:
        """Commit readings in one transaction, each with the next `seq`.

        An id that stands already is not added again: its first commit is returned.

        Raises:
            OutboxFull: The budget is used up; nothing was added.
            OutboxError: Storage failed; nothing may be assumed, the process must end.
        """

    def find(self, id: FrameId) -> Committed | None:
        """The commit of this id, if there is one."""

    def filed(self, ids: Sequence[FrameId]) -> None:
        """The files of these ids were moved away: the rows may be pruned one day. Need not be synced."""

    def due(self, limit: int, now: float, *, skip: Collection[SourceName] = ()) -> list[OutboxMessage]:
        """Pending rows whose next try is due at *now* (epoch seconds), lowest `seq` first; not claimed.

        Rows of the sources in *skip* are passed over.
        """

    def newest(self, source: SourceName) -> OutboxMessage | None:
        """The pending row of a source with the highest `seq`; None where none is pending."""

    def accept(self, seqs: Sequence[int], again: float | None = None) -> None:
        """The broker took these rows: pending becomes sent.

        With *again* (epoch seconds) a consumer has to confirm them: until then they are never forgotten, and
        `overdue` from that time on.
        """

    def confirm(self, ids: Sequence[FrameId]) -> list[int]:
        """A consumer has these readings; the `seq` of those that were not confirmed before."""

    def await_nothing(self) -> None:
        """No consumer confirms any more: sent rows are sent for good."""

    def overdue(self, limit: int, now: float, longest: float) -> list[OutboxMessage]:
        """Sent rows that nobody confirmed in time, the longest due first; none is ever due later than *longest* seconds from *now*."""

    def sent_again(self, seqs: Sequence[int], now: float, first: float, longest: float) -> None:
        """These were sent again: the next time comes twice as late, starting at *first* seconds, at most *longest*."""

    def keep(self, seq: int, reason: str, next_try: float, *, count: bool) -> int:
        """Not taken: stays pending until *next_try*; *count* it against the row. Returns its attempts."""

    def reject(self, seq: int, reason: str) -> None:
        """Never to be taken: what is pending, or awaits a confirmation, becomes dead, with its reason."""

    def replay(self) -> ReplaySpan | None:
        """The replay that is under way: it survives a restart."""

    def set_replay(self, span: ReplaySpan | None) -> None:
        """So far the replay came; None ends it."""

    def replayable(self, span: ReplaySpan, limit: int) -> list[OutboxMessage]:
        """The next rows of a replay, lowest `seq` first."""

    def retained(self) -> set[str]:
        """Topics under which a retained message of ours may stand at the broker."""

    def remember(self, topics: Sequence[str], *, forget: Sequence[str] = ()) -> None:
        """Retained topics that are about to be published first, and those that were cleared."""

    def stats(self) -> OutboxStats:
        """Counts that always add up."""

    def tidy(self) -> bool:
        """Forget some of the rows that were sent long ago; True if there is more to do. Called now and then."""


class Publisher(Protocol):
    """One connection to the broker at a time. Called from one thread; none of the methods waits for the network.

    Everything the broker says comes through *handover*, from another thread: after each `connect` at most
    one `Connected`, receipts only between it and the end, and exactly one `Lost` as the last word. The next
    `connect` is made only after that. Nothing outlives its connection: what has no receipt by then has to
    be published again.
    """

    def connect(self, will: Message, handover: Callable[[LinkEvent], None], topics: Sequence[str] = ()) -> None:
        """Begin to connect; the broker will publish *will* if we vanish.

        Once greeted, the *topics* are subscribed to: one `Subscribed` tells how that went, and each message
        comes as `Received`. What is larger than `INBOUND_BYTES` never comes.
        """

    def publish(self, message: Message) -> int:
        """Send at QoS 1 and return the ticket that its receipt will carry, unique on this connection.

        Raises:
            TransientPublishError: There is no connection; its `Lost` is on the way.
            PermanentPublishError: It is larger than this broker takes; nothing was sent.
        """

    def drop(self) -> None:
        """End the connection without a goodbye; `Lost` follows."""

    def close(self, timeout: float) -> None:
        """Say goodbye, so that the will is not published, and wait *timeout* seconds at most for the end."""
