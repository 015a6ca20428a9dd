"""From what FFmpeg says to a state and to what to do; and nothing secret in it."""

import pytest

from edged.capture.protocol import Ending, Failed, Kind
from edged.flow.camera.causes import last_words, verdict
from edged.flow.camera.redact import redacted, secrets

ERROR = "[OPENCV:FFMPEG:16] "
WARN = "[ WARN:0@5.1] global cap_ffmpeg_impl.hpp:453 open "


@pytest.mark.parametrize(
    ("ending", "line", "kind", "state", "says"),
    [
        ("unopened", f"{ERROR}method DESCRIBE failed: 401 (Unauthorized)", "stream", "refused", "correct username"),
        ("unopened", f"{ERROR}HTTP error 403 Forbidden", "stream", "refused", "correct username"),
        ("unopened", f"{ERROR}method DESCRIBE failed: 404 (Not Found)", "stream", "unreachable", "the path in url"),
        ("unopened", f"{ERROR}Connection to tcp://cam:554?timeout=0 failed: No route to host", "stream", "unreachable", "No route to host"),
        ("unopened", f"{ERROR}Failed to resolve hostname cam: Name or service not known", "stream", "unreachable", "resolve hostname"),
        ("unopened", f"{WARN}Stream timeout triggered after 6001 ms", "stream", "unreachable", "timeout"),
        ("unopened", f"{ERROR}Invalid data found when processing input", "stream", "failed", "video stream"),
        ("unopened", f"{ERROR}moov atom not found", "video", "failed", "a video player"),
        ("unopened", "[ WARN:0@401.403] global cap.cpp:404 open Connection refused", "stream", "unreachable", "Connection refused"),
        ("unopened", f"{ERROR}Connection to tcp://cam:401?timeout=0 failed: Connection refused", "stream", "unreachable", "and the port"),
        ("unopened", "a=fmtp:404 401", "stream", "unreachable", "address and the port"),
        ("absent", "", "v4l2", "unreachable", "/dev/v4l/by-id"),
        ("denied", "", "v4l2", "failed", "install.sh --camera"),
        ("busy", "", "v4l2", "unreachable", "other program"),
        ("lost", f"{ERROR}Failed reading RTSP data: End of file", "stream", "lost", "End of file"),
        ("lost", f"{WARN}Stream timeout triggered after 4003 ms", "stream", "silent", "no frames"),
        ("oversize", "", "stream", "failed", "limits.max_pixels"),
    ],
)  # fmt: skip
def test_each_ending_has_its_state_and_its_remedy(ending: str, line: str, kind: Kind, state: str, says: str) -> None:
    """What, where, what was found, and what to do."""
    found, trouble = verdict(Failed(ending=Ending(ending)), [line], kind=kind, where="cam://gate", user=True)
    assert found == state
    assert says in trouble
    assert trouble.startswith("cam://gate ")
    assert "; " in trouble


def test_the_last_words_are_those_of_an_error() -> None:
    """What is no error, and what OpenCV adds to every failure, is nobody's cause."""
    lines = [
        f"{ERROR}the cause",
        "[OPENCV:FFMPEG:40] chatter",
        "[ WARN:0@0.1] global cap.cpp:212 open VIDEOIO(FFMPEG): backend is generally available",
    ]
    assert last_words(lines) == "the cause"
    assert last_words([]) == ""


@pytest.mark.parametrize("line", ["rtsp://me:{}@cam/1 failed", "Authorization: Basic {}", "password={} of me", "http://x/?p={}&q", "{}"])
@pytest.mark.parametrize("password", ["hunter2", "pass word/@:%41", "ü€", "a"])
def test_no_form_of_a_password_is_left(line: str, password: str) -> None:
    """As it is, as it stands in an address, as it stands in a header: none is printed."""
    for form in secrets("me", password):
        assert form not in redacted(line.format(form), secrets("me", password)).replace("password=", "").replace("Authorization", "")


def test_users_of_addresses_go_whoever_they_are() -> None:
    """An address that a camera sends may carry a password that we never knew."""
    assert redacted("moved to rtsp://other:secret@10.0.0.1/2, or http://a/b@c", ()) == "moved to rtsp://***@10.0.0.1/2, or http://a/b@c"
