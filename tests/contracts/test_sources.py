"""Every source keeps the contract, and so does the double that stands for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.flow.ports import Source
from tests.contracts.source_contract import SourceContract, SourceRig
from tests.doubles.fake_source import FakeSource, Tray
from tests.doubles.folder import hot_folder, put


class FakeRig(SourceRig):
    def __init__(self) -> None:
        super().__init__()
        self.tray = Tray()

    def make(self) -> Source:
        return FakeSource("fake", self.tray, self.committed.get)

    def drop(self, name: str, content: bytes) -> None:
        self.tray.drop(name, content)

    def crash(self, source: Source) -> None:
        pass

    @property
    def unclaimed(self) -> int:
        return len(self.tray.waiting)


class FolderRig(SourceRig):
    def __init__(self, root: Path) -> None:
        super().__init__()
        self.inbox = root / "inbox"
        self.inbox.mkdir()

    def make(self) -> Source:
        return hot_folder(self.inbox, find=self.committed.get, check=lambda data: None)

    def drop(self, name: str, content: bytes) -> None:
        put(self.inbox / name, content, age=60)

    def crash(self, source: Source) -> None:
        source.close()  # the kernel releases lock and watch; nothing else is done at close

    @property
    def unclaimed(self) -> int:
        return len(list(self.inbox.iterdir()))


class TestFakeSource(SourceContract):
    @pytest.fixture
    def rig(self) -> SourceRig:
        return FakeRig()


class TestHotFolder(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[SourceRig]:
        rig = FolderRig(tmp_path)
        yield rig
        rig.close()
