"""What the machine holds for this edged: its outbox and its folders, opened in order."""

import logging
import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from edged.config import CameraSection, Config, FolderSection
from edged.control.health import Health, doubts
from edged.errors import OutboxError
from edged.flow.camera.capture import Capture
from edged.flow.folder.base import DropFolder
from edged.flow.folder.former import former_work, remedy
from edged.flow.folder.kept import KeptFolder
from edged.flow.folder.source import HotFolder
from edged.flow.formats import inspect
from edged.flow.outbox import Outbox
from edged.flow.parts.source import Camera
from edged.flow.payload import encode_reading
from edged.flow.ports import FrameSource, ReportedSource
from edged.lib.clock import Clock, clock_synced
from edged.lib.files import atomic_write
from edged.types import Pixels, Reading, SourceName

log = logging.getLogger(__name__)


def open_outbox(config: Config, clock: Clock) -> Outbox:
    """The database of this device, open.

    Raises:
        InstanceRunning: Another edged has it.
        OutboxError: The state folder cannot be made or written, or the database cannot be trusted.
    """
    try:
        config.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"state_dir {config.state_dir} cannot be made: {os.strerror(error.errno or 0)}"
        raise OutboxError(message, hint="give the user of edged write access to its parent, or set state_dir") from error

    def encode(reading: Reading, seq: int, epoch: str) -> bytes:
        return encode_reading(reading, device=config.device, seq=seq, epoch=epoch)

    outbox = Outbox(config.database, config.outbox, encode=encode, clock=clock, clock_synced=clock_synced)
    outbox.open()
    return outbox


def capture_of(name: SourceName, section: CameraSection) -> FrameSource:
    """The frames of a camera, captured by a process of its own."""
    return Capture(name, section)


def open_sources(
    config: Config, outbox: Outbox, clock: Clock, undo: ExitStack, warm: Callable[[SourceName, Pixels, Callable[[], None]], None]
) -> list[ReportedSource]:
    """Every source that the configuration names, open; folders are locked. *warm* reads the first frame of a camera for nobody."""
    instance = instance_of(config.state_dir)
    sources: list[ReportedSource] = []
    for name, section in config.folders.items():
        source = _folder(SourceName(name), section, instance, outbox, clock)
        source.open()
        undo.callback(source.close)
        outbox.all_filed(source.name, but=source.leftovers())  # what a crash kept the sink from noting
        sources.append(source)
    for name, camera in config.cameras.items():
        frames, journal = capture_of(SourceName(name), camera), config.state_dir / "triggers" / f"{name}.log"
        parts = Camera(
            SourceName(name), camera, frames, journal=journal, find=outbox.find, clock=clock, warm=partial(warm, SourceName(name))
        )
        undo.callback(parts.close)
        parts.open()
        sources.append(parts)
    return sources


def _folder(name: SourceName, section: FolderSection, instance: str, outbox: Outbox, clock: Clock) -> DropFolder:
    contents = outbox.contents
    if section.after == "keep":
        return KeptFolder(
            name, section, check=_check, find=outbox.find, filed=outbox.filed, kept=outbox.kept, contents=contents, clock=clock
        )
    return HotFolder(name, section, instance=instance, check=_check, find=outbox.find, filed=outbox.filed, contents=contents, clock=clock)


def former(state_dir: Path, sources: Sequence[HotFolder]) -> Health:
    """What no source reads any more, as a part of health; before anything is claimed."""
    folders = former_work(state_dir / "work_folders.json", [source.work_folder for source in sources])
    health = doubts(remedy(folder) for folder in folders)
    for reason in health.reasons:
        log.warning(reason)
    return health


def _check(data: bytes) -> None:
    """Whether the structure of a picture is whole."""
    inspect(data)


def instance_of(state_dir: Path) -> str:
    """Names this edged among those that share a folder; the same after each restart.

    Raises:
        OutboxError: The state folder cannot be read or written.
    """
    path = state_dir / "instance"
    try:
        if not path.exists():
            atomic_write(path, uuid.uuid4().hex[:12].encode())
        return path.read_text(encoding="ascii")
    except OSError as error:
        message = f"{path} cannot be read or written: {os.strerror(error.errno or 0)}"
        raise OutboxError(message, hint="check the disk and who may write there") from error
