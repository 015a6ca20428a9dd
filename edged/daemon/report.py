"""What the daemon says of itself: health, the retained topics, and the answers on the control socket."""

import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edged import __version__
from edged.config.file import LoadedConfig
from edged.config.merged import answer
from edged.control.health import Check, Health, HealthState, doubts, overall
from edged.control.requests import RequestDesk
from edged.errors import UsageError
from edged.flow.evidence import Kept
from edged.flow.folder.base import DropFolder
from edged.flow.ledger import Ledger
from edged.flow.outbox import Outbox
from edged.flow.payload import encode_status, timestamp
from edged.flow.pipeline import SinkWorker
from edged.flow.ports import ReportedSource
from edged.flow.relay import Relay
from edged.flow.relaying.words import RelayHealth
from edged.lib.beat import Beat
from edged.lib.clock import clock_synced
from edged.lib.sdnotify import Notifier
from edged.link import Message, Presence
from edged.types import MAX_SEQ, ModelRef, SourceName

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # how soon a change of health is published
_FIRST_LOOK_SECONDS = 0.02  # likewise, until the daemon is ready
_NEARLY_FULL = 0.9  # of the budget
_REFRESH_SECONDS = 5.0  # how soon counters are


@dataclass(frozen=True, slots=True)
class NamedCheck:
    """A check made of a function."""

    name: str
    health: Callable[[], Health]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Who is asked as soon as it runs."""

    relay: Relay
    sink: SinkWorker
    desk: RequestDesk
    checks: tuple[Check, ...]
    evidence: Callable[[], Mapping[SourceName, Kept]]


class Report:
    """Puts together what is known; every part answers from any thread, at once."""

    def __init__(
        self,
        loaded: LoadedConfig,
        model: ModelRef,
        sources: Sequence[ReportedSource],
        ledger: Ledger,
        outbox: Outbox,
        *,
        announced: Callable[[], Sequence[Message]] = tuple,
    ) -> None:
        """Relay, sink and desk need the report first: they are attached later, before anything runs.

        *announced* tells what else is retained.
        """
        self._announced = announced
        self._loaded, self._model, self._sources, self._ledger, self._outbox = loaded, model, sources, ledger, outbox
        self._boot_id = boot_id()
        self._since = time.monotonic()
        self._epoch = outbox.stats().epoch
        self._attached: Attached | None = None

    def update(self, loaded: LoadedConfig, model: ModelRef) -> None:
        """This configuration and this model are in effect now."""
        self._loaded, self._model = loaded, model

    def attach(
        self,
        relay: Relay,
        sink: SinkWorker,
        desk: RequestDesk,
        *checks: Check,
        evidence: Callable[[], Mapping[SourceName, Kept]] = dict,
    ) -> None:
        """Ask these, too. Called once."""
        self._attached = Attached(relay=relay, sink=sink, desk=desk, checks=checks, evidence=evidence)

    @property
    def _parts(self) -> Attached:
        assert self._attached is not None, "attach() comes first"
        return self._attached

    def health(self) -> Health:
        """The worst of all parts."""
        own = (NamedCheck("outbox", self._room), NamedCheck("broker", self._broker), *map(_check_of, self._sources))
        return overall((*own, *self._parts.checks))

    def retained(self, presence: Presence) -> list[Message]:
        """The retained topics, the status first."""
        base = self._loaded.config.base
        status = Message(topic=f"{base}/status", payload=self._status(presence), retain=True)
        sources = (Message(topic=f"{base}/source/{s.name}", payload=self._source(s), retain=True) for s in self._sources)
        return [status, *sources, *self._announced()]

    def verbs(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        """What may be asked on the control socket."""
        outbox = self._outbox
        return {
            "health": lambda _: self._health(),
            "config": lambda _: answer(self._loaded),
            "status": lambda _: self._everything(),
            "outbox_stat": lambda _: asdict(outbox.stats()),
            "outbox_dead": lambda _: [asdict(letter) | {"at": letter.at and timestamp(letter.at)} for letter in outbox.dead()],
            "outbox_retry": lambda arguments: self._retry(arguments.get("seqs")),
        }

    def _retry(self, seqs: Any) -> int:
        if not (seqs is None or (isinstance(seqs, list) and all(type(seq) is int and 1 <= seq <= MAX_SEQ for seq in seqs))):
            message = f"seqs is {seqs!r}, expected a list of numbers of readings"
            raise UsageError(message, hint="leave it out to send all dead readings again")
        revived = self._outbox.retry(seqs or None)
        self._parts.relay.notify()
        return revived

    def _health(self) -> dict[str, Any]:
        health = self.health()
        return {"state": health.state, "reasons": list(health.reasons)}

    def _everything(self) -> dict[str, Any]:
        """The flow and the outbox are asked together, so that their counts belong together."""
        return {
            "device": self._loaded.config.device,
            "version": __version__,
            "pid": os.getpid(),
            "uptime_seconds": round(time.monotonic() - self._since, 1),
            "boot_id": self._boot_id,
            "clock_synced": clock_synced(),
            "config": self._loaded.digest,
            "model": asdict(self._model),
            "health": self._health(),
            **asdict(self._ledger.flow()),
            "unfiled": self._parts.sink.unfiled,
            "outbox": asdict(self._outbox.stats()),
            "broker": {**_delivered(self._parts.relay.health()), "requests_dropped": self._parts.desk.dropped},
            "sources": {source.name: dict(source.told()) for source in self._sources},
            "evidence": {name: asdict(kept) for name, kept in self._parts.evidence().items()},
        }

    def line(self) -> str:
        """The health as one line, for systemd."""
        return _line(self.health())

    def looked(self) -> bool:
        """Whether every source has had its first look: only then the daemon is ready."""
        return all(source.looked for source in self._sources)

    def _status(self, presence: Presence) -> bytes:
        health = self.health()
        return encode_status(
            presence,
            version=__version__,
            epoch=self._epoch,
            boot_id=self._boot_id,
            model=self._model,
            config=self._loaded.digest,
            health=health.state,
            reasons=health.reasons,
            clock_synced=clock_synced(),
        )

    def _source(self, source: ReportedSource) -> bytes:
        last = self._ledger.last_at(source.name)
        return json.dumps({"last_frame_at": timestamp(last) if last else None, **source.told()}).encode()

    def _room(self) -> Health:
        room = self._outbox.room()
        reasons = list(room.told)
        if self._parts.sink.stuck:
            reasons.append("files that were read cannot be moved away; see the journal")
        if room.share >= _NEARLY_FULL:
            reasons.append(f"{room.share:.0%} of outbox.max_bytes is taken by readings that must be kept; at 100% intake stops")
        if self._parts.sink.full:
            return Health(state=HealthState.FAILING, reasons=(self._parts.sink.full, *reasons))
        return doubts(reasons)

    def _broker(self) -> Health:
        relay = self._parts.relay.health()
        return doubts(f"{fault.message}; {fault.hint}" for fault in (relay.fault, *relay.refused) if fault)


class Overflows:
    """Tells of lost events of a folder's watcher: nothing is lost, the folder was listed, but somebody should know."""

    def __init__(self, sources: Sequence[DropFolder], event: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._sources, self._event = sources, event
        self._told: dict[str, int] = {}

    def look(self) -> None:
        """Tell what is new."""
        for source in self._sources:
            count, told = source.counters().overflows, self._told.get(source.name, 0)
            if count > told:
                self._told[source.name] = count
                log.warning("events were lost; the folder was listed instead", extra={"source": source.name, "overflows": count})
                self._event("overflow", {"source": source.name, "overflows": count})


class StatusWorker:
    """Tells systemd and the broker what changed."""

    name = "status"

    def __init__(self, report: Report, relay: Relay, notifier: Notifier, proven: Callable[[], None], look: Callable[[], None]) -> None:
        """Tell.

        Args:
            report: What to tell.
            relay: To whom.
            notifier: And to systemd.
            proven: Called once, as soon as the daemon is ready.
            look: Called each second: for what may wait for a disk, and may not be late.
        """
        self._report, self._relay, self._notifier, self._proven, self._look = report, relay, notifier, proven, look

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Tell until *stop* is set, then that we are stopping."""
        said: Health | None = None
        ready, refresh_at = False, 0.0
        while not stop.is_set():
            beat()
            self._look()
            health, now = self._report.health(), time.monotonic()
            if not ready and self._report.looked():
                ready, refresh_at = True, now
                self._notifier.ready(_line(health))
                self._proven()
            elif health != said:
                self._notifier.status(_line(health))
            if health != said or now >= refresh_at:
                self._relay.refresh()
                refresh_at = now + _REFRESH_SECONDS
            said = health
            stop.wait(_LOOK_SECONDS if ready else _FIRST_LOOK_SECONDS)
        self._relay.refresh(Presence.STOPPING)


def _check_of(source: ReportedSource) -> Check:
    """Failing while the source can deliver nothing."""

    def health() -> Health:
        return Health(state=HealthState.FAILING, reasons=(source.trouble,)) if source.trouble else Health()

    return NamedCheck(f"source {source.name}", health)


def _delivered(health: RelayHealth) -> dict[str, Any]:
    """How delivery goes, in what JSON can say."""
    until = health.certificate_until
    return asdict(health) | {"certificate_until": timestamp(until) if until else None}


def _line(health: Health) -> str:
    return f"{health.state}: {'; '.join(health.reasons)}" if health.reasons else str(health.state)


def boot_id(path: Path = Path("/proc/sys/kernel/random/boot_id"), environ: Mapping[str, str] = os.environ) -> str | None:
    """Which start of this box it is; None where nobody says. The unit hides the kernel's file and says it itself."""
    try:
        return str(uuid.UUID(environ.get("EDGED_BOOT_ID") or path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        return None
