"""Draws and files evidence in a thread of its own: what does not fit into its queue is dropped and counted, and nobody waits for it."""

import logging
import os
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Final

from edged.annotate import Lettering, encoded, lettering, thumbnail
from edged.config import Config
from edged.flow.evidence.album import Album, Kept, places
from edged.flow.evidence.drawn import drawn
from edged.flow.evidence.wanted import wanted
from edged.flow.folder.retention import Place
from edged.lib.beat import Beat
from edged.lib.clock import Clock
from edged.link import Message
from edged.types import Exhibit, Pixels, SourceName

log = logging.getLogger(__name__)


WAITING: Final = 128  # pictures at most: a burst of lines
BYTES: Final = 8 * 2**20  # of them, likewise: 20 pages or so
_PATIENCE: Final = 0.5  # seconds between two beats while nothing comes
_DRAIN_SECONDS: Final = 1.0  # at the end, for what still waits
_LOOK_SECONDS: Final = 10.0  # how soon it is noticed that the disk takes pictures again
_QUALITY: Final = 80


class EvidenceWorker:
    """Takes exhibits from the sink. `offer` belongs to its thread, `run` to the worker's, all else to any."""

    name = "evidence"

    def __init__(self, config: Config, albums: Mapping[SourceName, Album], tell: Callable[[Message], None], clock: Clock) -> None:
        """Keep pictures in *albums*, and give those for the broker to *tell*."""
        self._config, self._albums, self._tell, self._clock = config, albums, tell, clock
        self._waiting: queue.Queue[Exhibit] = queue.Queue(WAITING)
        self._in = self._out = 0  # bytes, each counted by one thread alone
        self._lettering: Lettering | None = None
        self._trouble, self._look_at = "", 0.0

    def adapt(self, config: Config) -> None:
        """Go by this configuration from now on."""
        self._config = config

    @property
    def trouble(self) -> str:
        """Why no pictures are kept, and what to do; empty where all is well."""
        return self._trouble

    def counts(self) -> dict[SourceName, Kept]:
        """What became of pictures, by source."""
        return {name: album.counts() for name, album in self._albums.items()}

    def places(self) -> list[Place]:
        """Where pictures lie, for whoever looks after how long they stay."""
        return [*places(self._config.state_dir, self._albums)]

    def offer(self, exhibit: Exhibit) -> None:
        """Take it if somebody wants to see it; never waits."""
        reading = exhibit.reading
        section = self._config.sources[reading.source].evidence
        if not (wanted(reading, section.keep) or wanted(reading, section.image)):
            return
        size = _size(exhibit)
        if self._waiting.full() or self._in - self._out + size > BYTES:  # nobody else puts
            self._dropped(exhibit, "they come faster than they can be drawn")
            return
        self._in += size
        self._waiting.put_nowait(exhibit)

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Draw until *stop* is set, and then for a moment what still waits."""
        end: float | None = None
        while True:
            beat()
            if stop.is_set():
                end = end or self._clock.monotonic() + _DRAIN_SECONDS
                if self._waiting.empty() or self._clock.monotonic() >= end:
                    return
            try:
                exhibit = self._waiting.get(timeout=_PATIENCE)
            except queue.Empty:
                self._look()
                continue
            self._out += _size(exhibit)
            self._show(exhibit)

    def _show(self, exhibit: Exhibit) -> None:
        reading, config = exhibit.reading, self._config
        section = config.sources[reading.source].evidence
        try:
            picture = drawn(exhibit, config.sources[reading.source].unsure_below, self._letters())
            if wanted(reading, section.image):
                expiry = None if section.image_retained else config.mqtt.live_seconds
                self._tell(_message(f"{config.base}/image/{reading.source}", picture, retain=section.image_retained, expiry=expiry))
            if wanted(reading, section.keep):
                self._keep(exhibit, picture)
        except Exception:  # the boundary of one picture: none is worth a restart, let alone the daemon's
            log.exception("evidence could not be drawn", extra={"id": reading.id, "source": reading.source})
            self._dropped(exhibit, "it could not be drawn")

    def _keep(self, exhibit: Exhibit, picture: Pixels) -> None:
        album = self._albums[exhibit.reading.source]
        try:
            album.keep(exhibit.reading, encoded(picture, ".jpg", quality=_QUALITY))
        except OSError as error:
            self._refused(album, error)
            self._dropped(exhibit, "the disk refuses it")
        else:
            self._trouble = ""

    def _look(self) -> None:
        """Nothing comes; is there room again?"""
        if not self._trouble or self._clock.monotonic() < self._look_at:
            return
        asked = [self._albums[SourceName(name)] for name, source in self._config.sources.items() if source.evidence.keep != "none"]
        try:
            for album in asked:
                album.check()
        except OSError as error:
            self._refused(album, error)
        else:
            self._trouble = ""

    def _refused(self, album: Album, error: OSError) -> None:
        self._look_at = self._clock.monotonic() + _LOOK_SECONDS
        why = os.strerror(error.errno or 0)
        self._trouble = f"pictures cannot be kept in {album.root}: {why}; make room there, or lower evidence.max_bytes; readings go on"

    def _dropped(self, exhibit: Exhibit, why: str) -> None:
        dropped = self._albums[exhibit.reading.source].drop()
        if dropped & (dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th …
            log.warning("evidence dropped: %s", why, extra={"source": exhibit.reading.source, "dropped": dropped})

    def _letters(self) -> Lettering:
        """Loaded with the first picture, and only then."""
        if self._lettering is None:
            self._lettering, lacks = lettering()
            if lacks:
                log.warning(lacks)
        return self._lettering


def _size(exhibit: Exhibit) -> int:
    return len(exhibit.picture or b"")


def _message(topic: str, picture: Pixels, *, retain: bool, expiry: int | None) -> Message:
    return Message(topic=topic, payload=thumbnail(picture), retain=retain, content_type="image/jpeg", expiry_seconds=expiry)
