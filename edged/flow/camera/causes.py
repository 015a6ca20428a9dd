"""From how an order ended, and what FFmpeg said of it, to a state and to words that say what to do."""

import re
from collections.abc import Sequence
from typing import Final

from edged.capture.protocol import Ending, Failed, Kind
from edged.flow.camera.states import CameraState

_NOISE: Final = re.compile(r"backend is generally available|immediate exit requested|^\s*$", re.IGNORECASE)
_ERROR: Final = re.compile(r"^\[OPENCV:FFMPEG:(8|16|24)\]|^\[ WARN:|^\[ ERROR:")  # what FFmpeg or OpenCV call at least a warning
_PREFIX: Final = re.compile(r"^\[[^\]]*\]\s*|^global \S+ \w+ ")
_SIZE: Final = re.compile(r"Reinit context to (\d+)x(\d+)")
_REFUSED: Final = re.compile(r"(failed:|error|returned) 40[13]\b|unauthori[sz]ed|forbidden", re.IGNORECASE)
_NO_STREAM: Final = re.compile(r"(failed:|error|returned) 4(04|05|54)\b|not found", re.IGNORECASE)
_STRANGE: Final = re.compile(
    r"invalid data|could not find codec|moov atom|not on whitelist|protocol not found|unsupported|unknown format", re.IGNORECASE
)
_TIMEOUT: Final = re.compile(r"timeout triggered|timed out", re.IGNORECASE)
Verdict = tuple[CameraState, str]


def coded_size(line: str) -> tuple[int, int] | None:
    """The size that FFmpeg says a stream has from now on, in whole blocks of its codec; OpenCV would scale it to the one before."""
    match = _SIZE.search(line)
    return (int(match[1]), int(match[2])) if match else None


def last_words(lines: Sequence[str]) -> str:
    """The last line that says something, without where in FFmpeg it comes from."""
    return next((text for text in reversed(_errors(lines)) if not _NOISE.search(text)), "")


def _errors(lines: Sequence[str]) -> list[str]:
    """The lines that tell of an error, without where and when: numbers of seconds look like codes of an error."""
    told = []
    for line in lines:
        text = line.strip()
        while (shorter := _PREFIX.sub("", text)) != text:
            text = shorter
        if _ERROR.match(line):
            told.append(text)
    return told


def verdict(failed: Failed, lines: Sequence[str], *, kind: Kind, where: str, user: bool) -> Verdict:
    """What an order that failed means.

    Args:
        failed: What the child says.
        lines: What was printed meanwhile, redacted.
        kind: What it was to open.
        where: The same as the operator wrote it.
        user: Whether it was opened with a user.
    """
    words = failed.cause or last_words(lines)
    because = f": {words}" if words else ""
    state, hint = _meaning(failed.ending, "\n".join(_errors(lines)), kind, user=user)
    what = {
        CameraState.REFUSED: f"{where} refuses {'this user or its password' if user else 'to be opened without a user'}",
        CameraState.UNREACHABLE: f"{where} cannot be opened",
        CameraState.LOST: f"{where} sends nothing any more, its stream ended",
        CameraState.SILENT: f"{where} sends no frames",
        CameraState.FAILED: f"{where} cannot be used",
    }[state]
    return state, f"{what}{because}; {hint}"


def _meaning(ending: Ending, said: str, kind: Kind, *, user: bool) -> Verdict:
    fixed: dict[Ending, Verdict] = {
        Ending.ABSENT: (CameraState.UNREACHABLE, _ABSENT[kind]),
        Ending.DENIED: (CameraState.FAILED, _DENIED[kind]),
        Ending.BUSY: (
            CameraState.UNREACHABLE,
            "end the other program (fuser -v DEVICE names it), or use another USB port",
        ),
        Ending.OVERSIZE: (CameraState.FAILED, "set the camera to a smaller size, or raise limits.max_pixels"),
        Ending.UNSUPPORTED: (CameraState.FAILED, _UNSUPPORTED[kind]),
    }
    if ending in fixed:
        return fixed[ending]
    if ending is Ending.LOST:
        silent = _TIMEOUT.search(said) is not None
        return CameraState.SILENT if silent else CameraState.LOST, _LOST[kind]
    if _REFUSED.search(said):
        keys = "username and its password file" if user else "username and password_file, or password_credential"
        return CameraState.REFUSED, f"correct {keys}; some cameras lock a user for minutes after wrong passwords"
    if _STRANGE.search(said):
        return CameraState.FAILED, _UNSUPPORTED[kind]
    if _NO_STREAM.search(said):
        return CameraState.UNREACHABLE, "the camera answers and has no such stream: correct the path in url"
    return CameraState.FAILED if kind in ("video", "pictures") else CameraState.UNREACHABLE, _UNOPENED[kind]


_NETWORK: Final = "see that the camera is on and connected, and that the address and the port in url are right"
_ABSENT: Final[dict[Kind, str]] = {
    "stream": _NETWORK,
    "v4l2": "plug the camera in, and take its path from ls /dev/v4l/by-id",
    "video": "correct the path in url",
    "pictures": "correct the path in url",
}
_DENIED: Final[dict[Kind, str]] = {
    "stream": _NETWORK,
    "v4l2": "the service needs the camera's devices: run scripts/install.sh --camera (in a shell: be in the group video)",
    "video": "let the user of the service read it",
    "pictures": "let the user of the service read it",
}
_UNSUPPORTED: Final[dict[Kind, str]] = {
    "stream": "set the camera to H.264, H.265 or MJPEG, and take the address of its video stream, not of a web page or a single picture",
    "v4l2": "correct url, or the format below v4l2",
    "video": "take a file that a video player can play",
    "pictures": "put PNG, JPEG, BMP, TIFF or WebP pictures there",
}
_UNOPENED: Final[dict[Kind, str]] = {
    "stream": _NETWORK,
    "v4l2": "unplug the camera and plug it in again",
    "video": "take a file that a video player can play",
    "pictures": "correct the path in url",
}
_LOST: Final[dict[Kind, str]] = {
    "stream": "see that the camera is on and connected",
    "v4l2": "see that the camera is plugged in, and look at its cable",
    "video": "look whether the file is whole",
    "pictures": "look whether the folder is still there",
}
