"""A message store in memory, with faults on request."""

from collections.abc import Sequence

from edged.errors import OutboxError, OutboxFull
from edged.types import Committed, FrameId, Reading


class MemoryStore:
    """The part of `MessageStore` that the pipeline uses."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.rows: dict[FrameId, Committed] = {}
        self.groups: list[int] = []
        self.filed_ids: list[FrameId] = []
        self.full = False
        self.broken = False

    def add(self, readings: Sequence[Reading]) -> list[Committed]:
        if self.broken:
            raise OutboxError("disk I/O error", hint="replace the disk")
        if self.full:
            raise OutboxFull("the outbox has no room", hint="make room")
        self.groups.append(len(readings))
        for reading in readings:
            if reading.id not in self.rows:
                self.readings.append(reading)
                seq = len(self.readings)
                self.rows[reading.id] = Committed(id=reading.id, seq=seq, outcome=reading.outcome, reasons=reading.reasons)
        return [self.rows[reading.id] for reading in readings]

    def filed(self, ids: Sequence[FrameId]) -> None:
        self.filed_ids.extend(ids)
