"""The RTSP camera as a test holds it: started, frozen, killed, started again on the same port."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.doubles.broker import free_port
from tests.doubles.toxic_proxy import Moment, Toxic, ToxicProxy

PYTHON = "/usr/bin/python3"  # whose packages are Debian's
SERVER = Path(__file__).parent / "rtsp_server.py"
CODES = tuple(f"{'ABCDEFGHKM'[index]}{index}7-{index:03}" for index in range(10))


def render_parts(folder: Path, width: int = 320, height: int = 240) -> Path:
    """Ten parts that pass, each with its code."""
    folder.mkdir()
    for index, code in enumerate(CODES):
        image = np.full((height, width, 3), (90, 120, 60), np.uint8)
        left = width // 16 + index * width // 40
        cv2.rectangle(image, (left, height // 4), (left + width * 5 // 8, height * 3 // 4), (200, 210, 220), -1)
        cv2.putText(image, code, (left + 8, height // 2 + 12), cv2.FONT_HERSHEY_SIMPLEX, width / 320, (20, 20, 20), 2)
        cv2.imwrite(str(folder / f"{index}.png"), image)
    return folder


def render_still(folder: Path, level: int) -> Path:
    """One picture over and over, all of one grey."""
    folder.mkdir()
    cv2.imwrite(str(folder / "0.png"), np.full((240, 320, 3), level, np.uint8))
    return folder


class Wire(ToxicProxy):
    """Passes all, until it is cut: what stands then is swallowed from then on, what comes later passes."""

    def __init__(self, target: int) -> None:
        super().__init__(target, Toxic.BLACK_HOLE, Moment.PUBLISH, strikes=0)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/part"

    def sweep(self) -> None:
        """Close what is over: it shall not be counted."""
        for link in [link for link in self._links if link.over]:
            for pipe in link.pipes:
                pipe.join()
            link.client.close()
            link.broker.close()
            self._links.remove(link)

    def cut(self) -> None:
        """Swallow what is sent on the connections of now."""
        for link in self._links:
            link.struck = True


class RtspCamera:
    """A server process; `port` stays the same whatever happens to it."""

    def __init__(self, folder: Path, *options: str, port: int | None = None) -> None:
        if not Path(PYTHON).exists() or shutil.which(PYTHON) is None:
            pytest.skip("no Python of the system is here")
        self.port, self._folder, self._options = port or free_port(), folder, options
        self._process: subprocess.Popen[str] | None = None
        self._wire: Wire | None = None

    @property
    def proxy(self) -> "Wire":
        """A wire to it that can be cut; made when it is first asked for."""
        self._wire = self._wire or Wire(self.port)
        return self._wire

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/part"

    def start(self, *options: str) -> None:
        """Switch it on; it listens when this returns."""
        command = [PYTHON, str(SERVER), str(self.port), str(self._folder), *(options or self._options)]
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(self._folder.parent)}  # nothing of a virtual environment
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("ready"), "the RTSP server does not start: make setup brings what it needs"

    def freeze(self) -> None:
        """It stands still, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End all."""
        self.kill()
        if self._wire is not None:
            self._wire.close()

    def kill(self) -> None:
        """Its power is cut. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def resize(self, size: str) -> None:
        """Its resolution is changed while it runs."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"size {size}\n")
        self._process.stdin.flush()

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)
