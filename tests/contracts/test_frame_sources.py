"""Every camera keeps the contract, and so does the double that stands for them."""

from collections.abc import Iterator

import pytest

from edged.config import CameraSection
from edged.flow.camera.states import CameraState
from edged.flow.ports import FrameSource
from tests.contracts.frame_source_contract import CameraRig, FrameSourceContract, picture
from tests.doubles.fake_camera import FakeCamera


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
