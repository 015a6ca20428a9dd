"""What every kind of folder tells of itself."""

from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

from edged.config import FolderSection, ReadingSection
from edged.flow.folder.inbox import Inbox
from edged.flow.ports import ReportedSource
from edged.types import FrameId, SourceName


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCounters:
    """accepted + recovered == filed + in_work, at all times."""

    accepted: int  # claimed by this process
    recovered: int  # claimed by an earlier one, and taken up again
    filed: int
    in_work: int
    waiting: int  # in the inbox, settled or not
    overflows: int
    rescans: int
    watcher_restarts: int


class DropFolder(ReportedSource):
    """A folder as the daemon and its report see it; everything here may be asked from any thread."""

    def __init__(self, name: SourceName, section: FolderSection) -> None:
        self.name = name
        self._section = self._wanted = section
        self._accepted = self._recovered = self._filed = 0

    @property
    @abstractmethod
    def _inbox(self) -> Inbox:
        """The drop folder itself; once open."""

    @abstractmethod
    def leftovers(self) -> set[FrameId]:
        """What an earlier process claimed and did not file away; between `open` and `deliveries`."""

    def change(self, section: ReadingSection) -> None:
        """Go by this section from the next input on, but for its folders."""
        assert isinstance(section, FolderSection)  # another kind takes a restart
        self._wanted = section

    def _take_change(self) -> None:
        """For the feed's thread, between two inputs."""
        if self._wanted is not self._section:
            self._section = self._wanted
            self._adapt(self._section)

    @abstractmethod
    def _adapt(self, section: FolderSection) -> None:
        """Pass on what changed."""

    def counters(self) -> FolderCounters:
        """What was done since start."""
        inbox = self._inbox
        accepted, recovered, filed = self._accepted, self._recovered, self._filed
        return FolderCounters(
            accepted=accepted,
            recovered=recovered,
            filed=filed,
            in_work=accepted + recovered - filed,
            waiting=len(inbox),
            overflows=inbox.counts.overflows,
            rescans=inbox.counts.rescans,
            watcher_restarts=inbox.counts.watcher_restarts,
        )

    @property
    def present(self) -> bool:
        """Whether the drop folder is there."""
        return self._inbox.present

    @property
    def trouble(self) -> str:
        """That it is gone."""
        return "" if self.present else "the drop folder is gone; make it again or correct `path`"

    def told(self) -> dict[str, Any]:
        """What it does, and what it did."""
        return {"state": self.state, "file_system": self.file_system, **asdict(self.counters())}

    @property
    def looked(self) -> bool:
        """Whether the folder is watched, and was listed once or found missing."""
        return self._inbox.looked

    @property
    def state(self) -> str:
        """A word for what it does: starting, watching, polling or missing."""
        if not self.looked:
            return "starting"
        if not self.present:
            return "missing"
        return "polling" if self._inbox.polling else "watching"

    @property
    def file_system(self) -> str | None:
        """The name of the file system that the drop folder lies on; None before it was opened."""
        found = self._inbox.file_system
        return found.name if found else None
