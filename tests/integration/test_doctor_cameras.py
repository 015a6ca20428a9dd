"""The doctor's look at cameras: really opened, by the process that the daemon captures with."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.config.file import load_config
from edged.doctor.cameras import check
from edged.doctor.case import Case
from edged.doctor.finding import Finding, Level


def examined(tmp_path: Path, camera: str, daemon: dict[str, Any] | None = None) -> Finding:
    file = tmp_path / "edged.yaml"
    file.write_text(f"version: 1\ndevice: a\nsources: {{gate: {{kind: camera, {camera}}}, inbox: {{path: in}}}}\n", encoding="utf-8")
    [finding] = check(Case(loaded=load_config(file, environ={}), daemon=daemon, silence=None, unit=None, environ={}))
    return finding


def test_a_camera_that_shows_frames_is_good(tmp_path: Path) -> None:
    """Its size and its rate are told."""
    (tmp_path / "shown").mkdir()
    cv2.imwrite(str(tmp_path / "shown" / "1.png"), np.zeros((48, 64, 3), np.uint8))
    finding = examined(tmp_path, f"url: 'file://{tmp_path}/shown', file: {{fps: 5}}")
    assert finding.level is Level.GOOD
    assert finding.text == f"source gate: file://{tmp_path}/shown shows frames, 64 x 48, 5 frames per second, pictures"


@pytest.mark.parametrize(
    ("camera", "says", "remedy"),
    [
        ("url: 'rtsp://127.0.0.1:9/x'", "Connection refused", "address and the port"),
        ("url: 'v4l2:///dev/nowhere'", "No such file", "/dev/v4l/by-id"),
        ("url: 'http://127.0.0.1:9/x', username: me, password_file: /nowhere", "/nowhere", "password_file"),
    ],
)
def test_a_camera_that_cannot_be_opened_is_told_with_its_remedy(tmp_path: Path, camera: str, says: str, remedy: str) -> None:
    """Bad, at the first failure, with what to do."""
    finding = examined(tmp_path, camera)
    assert finding.level is Level.BAD
    assert says in finding.text
    assert remedy in finding.remedy


@pytest.mark.parametrize(("state", "level"), [("streaming", Level.GOOD), ("unreachable", Level.BAD)])
def test_a_device_that_the_daemon_has_is_not_touched(tmp_path: Path, state: str, level: Level) -> None:
    """One program at a time: what the daemon says is told."""
    daemon = {"sources": {"gate": {"state": state, "width": 1280, "height": 720, "fps": 30.0, "controls": {"gain": 3}}}}
    finding = examined(tmp_path, "url: 'v4l2:///dev/nowhere'", daemon)
    assert finding.level is level
    assert state in finding.text
    assert ("gain 3" in finding.text) == (level is Level.GOOD)
