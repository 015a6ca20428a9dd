"""Every source keeps the contract, and so does the double that stands for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.flow.ports import Source
from edged.types import SourceName
from tests.contracts.source_contract import SourceContract, SourceRig
from tests.doubles.fake_source import FakeSource, Tray
from tests.doubles.folder import hot_folder, kept_folder, put
from tests.doubles.readings import make_outbox


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
    def __init__(self, root: Path, **keys: object) -> None:
        super().__init__()
        self.inbox, self.keys = root / "inbox", keys
        self.inbox.mkdir()

    def make(self) -> Source:
        return hot_folder(self.inbox, find=self.committed.get, check=lambda data: None, **self.keys)

    def drop(self, name: str, content: bytes) -> None:
        put(self.inbox / name, content, age=60)

    def crash(self, source: Source) -> None:
        source.close()  # the kernel releases lock and watch; nothing else is done at close

    @property
    def unclaimed(self) -> int:
        return len(list(self.inbox.iterdir()))


class KeptRig(FolderRig):
    """Nothing leaves the folder; what was claimed stands in the database, which outlives the source."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.outbox = make_outbox(root)
        self.outbox.open()

    def make(self) -> Source:
        return kept_folder(self.inbox, self.outbox, find=self.committed.get, check=lambda data: None)

    @property
    def unclaimed(self) -> int:
        return super().unclaimed - self.outbox.kept.count(SourceName("inbox"))

    def close(self) -> None:
        super().close()
        self.outbox.close()


class TestFakeSource(SourceContract):
    @pytest.fixture
    def rig(self) -> SourceRig:
        return FakeRig()


class TestHotFolder(SourceContract):
    @pytest.fixture(params=[{}, {"after": "delete"}, {"duplicates": "mark"}], ids=["move", "delete", "mark"])
    def rig(self, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SourceRig]:
        rig = FolderRig(tmp_path, **request.param)
        yield rig
        rig.close()


class TestKeptFolder(SourceContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[SourceRig]:
        rig = KeptRig(tmp_path)
        yield rig
        rig.close()
