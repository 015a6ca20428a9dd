"""Every camera keeps the contract, and so does the double that stands for them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from edged.config import CameraSection
from edged.flow.camera.states import CameraState
from edged.flow.ports import FrameSource
from tests.contracts.frame_source_contract import WAIT, CameraRig, FrameSourceContract, picture
from tests.doubles.cameras import capture_of, section_of
from tests.doubles.fake_camera import FakeCamera
from tests.doubles.wait import until


class FakeRig(CameraRig):
    def make(self, pictures: int, *, fast: bool) -> FrameSource:
        shown = [picture(index) for index in range(1, pictures + 1)]
        if fast:
            return FakeCamera(shown)
        source = FakeCamera()
        source.show(shown[0])
        return source

    def absent(self) -> FrameSource:
        source = FakeCamera()
        source.fall(CameraState.UNREACHABLE)
        return source

    def let_pass(self, source: FrameSource, count: int) -> None:
        assert isinstance(source, FakeCamera)
        for index in range(count):
            source.show(picture(1 + index))

    def change(self, source: FrameSource) -> None:
        source.change(CameraSection(kind="camera", url="file:///other"))


class TestFakeCamera(FrameSourceContract):
    @pytest.fixture
    def rig(self) -> Iterator[CameraRig]:
        rig = FakeRig()
        yield rig
        rig.close()


class PlayedRig(CameraRig):
    """A folder of pictures, shown by a process of its own."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def make(self, pictures: int, *, fast: bool) -> FrameSource:
        self.root.joinpath("shown").mkdir()
        for index in range(1, pictures + 1):
            cv2.imwrite(str(self.root / "shown" / f"{index:02}.png"), picture(index))
        self.section = {"url": f"file://{self.root}/shown", "file": {"pace": "fast" if fast else "own", "fps": 50, "loop": not fast}}
        return capture_of(self.section)

    def absent(self) -> FrameSource:
        return capture_of({"url": f"file://{self.root}/nowhere"})

    def let_pass(self, source: FrameSource, count: int) -> None:
        before = source.told()["frames"]
        until(lambda: source.told()["frames"] >= before + count, what="frames pass")

    def change(self, source: FrameSource) -> None:
        source.change(section_of(self.section | {"file": {"pace": "own", "fps": 40, "loop": True}}))


class TestCapture(FrameSourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[CameraRig]:
        rig = PlayedRig(tmp_path)
        yield rig
        rig.close()


def test_an_error_that_nobody_foresaw_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the camera any more then: its state is a trouble, and nobody waits for it."""
    caught: list[object] = []
    monkeypatch.setattr("threading.excepthook", caught.append)
    source = capture_of({"url": f"file://{tmp_path}"})
    monkeypatch.setattr(source, "_perform", lambda act, link: 1 / 0)
    source.open()
    try:
        assert source.newer(0, WAIT) is None
        until(lambda: caught, what="it stands in the journal")
        assert "restart edged" in source.trouble
        assert (source.told()["state"], source.looked) == ("failed", True)
    finally:
        source.close()
