"""Payloads as they stand on the disk: deflated, and with a checksum that ties them to their row.

A bit that flips on the disk must become a dead letter, not a wrong reading. The checksum covers number,
id and source as well, so a payload is never published under another row's name.
"""

import zlib

from edged.types import FrameId, SourceName

_V1 = b"\x01"
_PLAIN = b"{"  # a payload of the first schema: JSON as it is, without a checksum
_HEAD = len(_V1) + 4
_LEVEL, _RAW, _MEMORY = 6, -15, 9
_BEGIN_BYTES = 1024  # what is told of a reading before its lines, unless its file has a very long name

# Never changed: what was written with it is read with it. The likeliest comes last.
_DICTIONARY = (
    b'"failed","rejected","reasons":["verdict":"pass","verdict":"fail","state":"not_read","state":"confused","state":"mismatch","raw":"'
    b'","rules":["pattern "],"expected":null,"frames":1,"agreement":1.0,{"name":"","text":"","state":"read"'
    b'"clock_synced":false,"clock_synced":null,"width":null,"height":null,"model":null,"outcome":"unsure","precision":"int8"'
    b'.png","sha256":null,"bytes":null,"modified_at":null,"origin":{"name":".tif","origin":{"name":".bmp"'
    b'{"schema":"edged.reading/1","id":"019","seq":1,"epoch":"","device":"line","source":"inbox","origin":{"name":".jpg","sha256":"'
    b'","bytes":1,"width":1,"height":32,"modified_at":"202-0-T:00.000Z","duplicate_of":null},"part":null,"trigger":null,"captured_at":"202-T0:00.000Z",'
    b'"clock_synced":true,"model":{"name":"ppocrv2-crnn","precision":"fp16","digest":"","config":"","outcome":"ok","reasons":[],'
    b'"verdict":null,"text":"","confidence":0.9,"calibrated":false,"lines":[{"text":"","raw":"","confidence":0.9,'
    b'"box":[[0.0,0.0],[320.0,0.0],[320.0,32.0],[0.0,32.0]],"characters":[{"text":"0","confidence":0.9,"alternative":"","margin":0.9}'
    b'],"rules":[]}],"fields":[],"timing_ms":{"decode":1.,"layout":0.,"recognise":5.,"decode_text":0.,"total":7.}}'
    b'"},{"text":"A","confidence":0.99,"alternative":"1","margin":0.9},{"text":"B","confidence":0.99,"alternative":"8","margin":0.98}'
)


class DamagedPayload(Exception):
    """What stands on the disk is not what was committed."""


def seal(body: bytes, *, seq: int, id: FrameId, source: SourceName) -> bytes:
    """The payload as it is stored."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    packed = deflate.compress(body) + deflate.flush()
    return _V1 + _checksum(packed, seq, id, source) + packed


def unseal(stored: bytes, *, seq: int, id: FrameId, source: SourceName) -> bytes:
    """The payload as it was committed.

    Raises:
        DamagedPayload: It is not the one of this row any more.
    """
    if not belongs(stored, seq=seq, id=id, source=source):
        message = "it is not the payload of its row any more"
        raise DamagedPayload(message)
    return unpack(stored)


def belongs(stored: bytes, *, seq: int, id: FrameId, source: SourceName) -> bool:
    """Whether the checksum says that it is the payload of this row."""
    if stored[:1] == _PLAIN:
        return b'"id":"%b","seq":%d,' % (id.encode(), seq) in stored
    return stored[1:_HEAD] == _checksum(stored[_HEAD:], seq, id, source)


def unpack(stored: bytes) -> bytes:
    """The payload without a look at its checksum, for who does not know its row yet.

    Raises:
        DamagedPayload: It cannot even be unpacked.
    """
    if stored[:1] == _PLAIN:
        return stored
    inflate = zlib.decompressobj(_RAW, _DICTIONARY)
    try:
        body = inflate.decompress(stored[_HEAD:])
    except zlib.error as error:
        message = f"the payload cannot be unpacked: {error}"
        raise DamagedPayload(message) from error
    if stored[:1] != _V1 or not inflate.eof:
        message = "the payload is cut short, or of a kind that this edged does not know"
        raise DamagedPayload(message)
    return body


def begin(stored: bytes) -> bytes:
    """How a sealed payload begins: its checksum covers the rest, which takes time to inflate. Of any other nothing."""
    if stored[:1] != _V1:
        return b""
    try:
        return zlib.decompressobj(_RAW, _DICTIONARY).decompress(stored[_HEAD:], _BEGIN_BYTES)
    except zlib.error:
        return b""


def _checksum(packed: bytes, seq: int, id: FrameId, source: SourceName) -> bytes:
    row = f"{seq} {id} {source} ".encode()
    return zlib.crc32(packed, zlib.crc32(row)).to_bytes(4, "big")
