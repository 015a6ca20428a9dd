"""The door of FFmpeg: nothing outside of the process that captures opens a video or a camera."""

import re
from pathlib import Path

import edged

ROOT = Path(edged.__file__).parent


def test_only_the_process_that_captures_opens_videos() -> None:
    """OpenCV brings FFmpeg into every process that imports it; its code runs only behind these names."""
    door = re.compile(r"VideoCapture|VideoWriter|videoio|CAP_FFMPEG|CAP_V4L2")
    found = {path.relative_to(ROOT).parts[0] for path in ROOT.rglob("*.py") if door.search(path.read_text(encoding="utf-8"))}
    assert found == {"capture"}
