"""A camera's parts in memory: a source on a fake camera, and a reader whose model reads what a picture is painted with."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edged.config import CameraSection
from edged.flow.part_reader import PartReader
from edged.flow.parts.source import Camera
from edged.lib.clock import Clock
from edged.types import Character, Committed, FrameId, Laid, Pixels, SourceName, TextLine, Transcript
from tests.doubles.fake_camera import FakeCamera
from tests.unit.flow.test_reader import BOX, reader

TEXTS = ("", "L24117", "L24I17", "L2411T", "other")


def section(**keys: Any) -> CameraSection:
    """A camera that is asked, unless *keys* say another trigger."""
    return CameraSection.model_validate({"kind": "camera", "url": "file:///film", "trigger": {"kind": "mqtt"}} | keys)


def picture(text: int, sure: int = 90, sharp: int = 0) -> Pixels:
    """What the model reads as TEXTS[text], that surely in per cent; more stripes are sharper."""
    image = np.zeros((8, 64, 3), np.uint8)
    image[0, 0] = (text, sure, 0)
    image[4:, 1 : 1 + 2 * sharp : 2] = 255
    return image


def make_camera(folder: Path, frames: FakeCamera, clock: Clock, find: Callable[[FrameId], Committed | None], **keys: Any) -> Camera:
    """A source with its journal in *folder*."""
    return Camera(SourceName("gate"), section(**keys), frames, journal=folder / "gate.log", find=find, clock=clock)


def part_reader(clock: Clock, *, most: int = 5, agree: int = 2, submit: Callable[..., None] | None = None, **more: Any) -> PartReader:
    """A reader of such pictures."""

    def transcribe(answer: Any) -> Transcript:
        number, sure, _ = answer
        text, share = TEXTS[number], sure / 100
        characters = tuple(Character(text=one, confidence=share, alternative="", margin=share) for one in text)
        return Transcript(text=text, confidence=share if text else 0.0, characters=characters)

    def lay(image: Pixels, *_: Any) -> Laid:
        return Laid(lines=(TextLine(image=image, box=BOX),)) if image[0, 0, 1] else Laid(lines=(), refusals=("sharpness 3 < 14",))

    steps = {
        "layout": lay,
        "cut": lambda line: [line],
        "submit": submit or (lambda pixels, done: done(pixels[0, 0].tolist(), None)),
        "join": lambda pieces: pieces[0],
        "transcribe": transcribe,
    }
    return PartReader(inner=reader(**steps, **more), most=most, agree=agree, clock=clock)


class Show:
    """Somebody who moves a part in front of the camera, in a thread of its own."""

    def __init__(self, frames: FakeCamera, pictures: list[Pixels], pause: Callable[[], object]) -> None:
        self._thread = threading.Thread(target=self._run, args=(frames, pictures, pause), daemon=True)
        self._thread.start()

    def _run(self, frames: FakeCamera, pictures: list[Pixels], pause: Callable[[], object]) -> None:
        for image in pictures:
            frames.show(image)
            pause()

    def end(self) -> None:
        self._thread.join(30)
