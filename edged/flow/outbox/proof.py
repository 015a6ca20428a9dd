"""What a payload proves of itself: which row it belongs to, and what the pipeline said of it.

Its checksum covers all of it, so its first kibibyte is enough to know its row by. What is not found there is looked
for in the whole.
"""

import json
import re
from typing import NamedTuple

from edged.flow.outbox.seal import DamagedPayload, begin, belongs, unpack
from edged.types import FrameId, SourceName

# A quote within a text of JSON is escaped, so neither can be met there.
_WHOSE = re.compile(r'\{"schema":"[^"]*","id":"([^"\\]*)","seq":(\d+),"epoch":"([^"\\]*)","device":"[^"\\]*","source":"([^"\\]*)",')
_WHAT = re.compile(r',"outcome":"([a-z]+)","reasons":(\[[^]]*\]),"verdict":')


class Proof(NamedTuple):
    """The row of a payload."""

    seq: int
    id: FrameId
    source: SourceName
    outcome: str
    reasons: str  # JSON, as the row has it
    epoch: str


def prove(stored: bytes) -> Proof | None:
    """The row of a stored payload, or None where something of it is damaged."""
    try:
        proof = _glance(stored) or _read(stored)
        return proof if belongs(stored, seq=proof.seq, id=proof.id, source=proof.source) else None
    except (DamagedPayload, ValueError, KeyError, TypeError):
        return None


def _glance(stored: bytes) -> Proof | None:
    head = begin(stored).decode(errors="replace")  # it may end within a character
    whose, what = _WHOSE.match(head), _WHAT.search(head)
    if whose is None or what is None:
        return None
    id, seq, epoch, source = whose.groups()
    outcome, reasons = what.groups()
    return Proof(int(seq), FrameId(id), SourceName(source), outcome, reasons if reasons == "[]" else _noted(json.loads(reasons)), epoch)


def _read(stored: bytes) -> Proof:
    told = json.loads(unpack(stored))
    return Proof(told["seq"], told["id"], told["source"], told["outcome"], _noted(told["reasons"]), told["epoch"])


def _noted(reasons: object) -> str:
    return json.dumps(reasons)
