"""What the two processes say: it comes out as it went in, or is refused."""

import json
import os

import pytest

from edged.capture.address import ffmpeg_options, with_userinfo
from edged.capture.channel import Channel, pair
from edged.capture.protocol import MAX_BYTES, Beat, Ending, Failed, Memory, Next, Opened, Order, ProtocolError, Ready, Shown, decode, encode

ORDER = Order(kind="stream", place="rtsp://cam/1", username="me", password="a b/@", controls={"gain": 3, "auto": "Manual Mode"})


@pytest.mark.parametrize(
    "message",
    [
        ORDER,
        Next(),
        Ready(),
        Beat(),
        Opened(width=4, height=3, fps=12.5, format="h264", controls={"gain": 3}, differs=["a"]),
        Memory(width=4, height=3, slots=3),
        Shown(number=7, slot=1, stamp=2, at=1.5, digest=99, dark=False),
        Failed(ending=Ending.LOST, cause="x"),
    ],
)
def test_every_message_comes_out_as_it_went_in(message: object) -> None:
    """Its fields and their kinds survive the way; an ending is one of its words again."""
    assert decode(encode(message)) == message  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"say": "shout"}',
        b'{"say": "memory", "width": 4, "height": 3}',
        b'{"say": "memory", "width": "4", "height": 3, "slots": 3}',
        b'{"say": "memory", "width": true, "height": 3, "slots": 3}',
        b'{"say": "beat", "more": 1}',
        b'{"say": "failed", "ending": "well"}',
        b'{"say": "opened", "width": 1, "height": 1, "fps": 1, "format": "x", "controls": {"a": []}}',
        b"\xff",
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    """The child decodes what a network sends: the parent takes nothing from it that has not its kind."""
    with pytest.raises(ProtocolError):
        decode(data)


def test_a_descriptor_comes_with_its_message_and_the_end_is_seen() -> None:
    """One descriptor a message; then the other side is gone."""
    ours, theirs = pair()
    other = Channel(theirs)
    read, write = os.pipe()
    ours.send(Memory(width=1, height=1, slots=1), write)
    found = other.receive()
    assert found is not None
    assert found[1] is not None
    os.write(found[1], b"x")
    assert os.read(read, 1) == b"x"
    ours.close()
    assert other.receive() is None
    for fd in (read, write, found[1]):
        os.close(fd)
    other.close()


def test_nobody_waits_for_a_side_that_does_not_read() -> None:
    """What may not wait is dropped once nothing more fits in; what is too long is never sent."""
    ours, theirs = pair()
    message = Failed(ending=Ending.LOST, cause="x" * 1000)
    for _ in range(10_000):
        if not ours.send(message, wait=False):
            break
    else:
        pytest.fail("it all fitted in")
    with pytest.raises(ProtocolError):
        ours.send(Failed(ending=Ending.LOST, cause="x" * MAX_BYTES))
    ours.close()
    theirs.close()


def test_the_password_is_in_no_repr() -> None:
    """Whoever prints an order prints no password; its address has it, encoded."""
    assert "a b" not in repr(ORDER)
    assert with_userinfo(ORDER) == "rtsp://me:a%20b%2F%40@cam/1"
    assert json.loads(encode(ORDER))["password"] == "a b/@"


def test_a_stream_opens_no_file_and_no_other_protocol() -> None:
    """A playlist that a camera sends cannot make FFmpeg read this machine's files, and a film opens no address."""
    for scheme in ("rtsp", "rtsps", "http", "https"):
        options = dict(
            one.split(";") for one in ffmpeg_options(Order(kind="stream", place=f"{scheme}://cam/1", transport="udp")).split("|")
        )
        assert "file" not in options["protocol_whitelist"].split(",")
        assert ("rtsp_transport" in options) == scheme.startswith("rtsp")
    assert ffmpeg_options(Order(kind="video", place="/a.mp4")) == "protocol_whitelist;file"
