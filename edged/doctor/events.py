"""Whether the kernel tells of new files: a probe is dropped, and the watch is timed. And the limits of inotify."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from edged.config import FolderSection
from edged.doctor.case import Case
from edged.doctor.finding import Finding, bad, doubt, good
from edged.flow.folder.listing import Ignored
from edged.flow.folder.watch import FolderWatch

_SECONDS: Final = 2.0
_LIMITS: Final = Path("/proc/sys/fs/inotify")
_QUEUE: Final = 16_384
_WATCHES: Final = 8_192  # for a drop folder with folders inside


def check(case: Case) -> Iterator[Finding]:
    """Each drop folder that is there, then the limits."""
    for name, section in case.config.folders.items():
        if section.after == "keep":
            yield good(f"source {name}: no probe is written where files are kept")
        elif section.path.is_dir():
            yield _tried(name, section)
    yield from _limits(case, _LIMITS)


def _tried(name: str, section: FolderSection) -> Finding:
    probe = section.path / f".edged-doctor-{os.getpid()}"
    woken: SimpleQueue[None] = SimpleQueue()
    remedy = "the folder is listed every sources.*.rescan_seconds all the same; for the cause see the limits of inotify below"
    try:
        watch = FolderWatch(str(section.path), recursive=True, wake=lambda: woken.put(None))
    except OSError as error:
        return doubt(f"source {name}: {section.path} cannot be watched: {error.strerror}", remedy)
    try:
        begun = time.perf_counter()
        _drop(probe, as_file=Ignored(section.ignore)(probe.name))
        while (left := begun + _SECONDS - time.perf_counter()) > 0:
            with suppress(Empty):
                woken.get(timeout=left)
            if any(hint.name == probe.name for hint in watch.take_hints()):
                return good(f"source {name}: a probe was noticed after {(time.perf_counter() - begun) * 1000:.1f} ms")
    except OSError as error:
        return bad(f"source {name}: nothing can be written into {section.path}: {error.strerror}", "run this as the user of the service")
    finally:
        watch.stop()
        _remove(probe)
    return doubt(f"source {name}: no event came for a probe in {section.path} within {_SECONDS:g} s", remedy)


def _drop(probe: Path, *, as_file: bool) -> None:
    """A file that a running daemon leaves alone by its name; where it would not, a folder, which is never an input."""
    if as_file:
        probe.write_bytes(b"edged doctor")
    else:
        probe.mkdir()


def _remove(probe: Path) -> None:
    with suppress(OSError):
        if probe.is_dir():
            probe.rmdir()
        else:
            probe.unlink()


def _limits(case: Case, folder: Path) -> Iterator[Finding]:
    try:
        instances, watches, queue = (
            int((folder / f"max_{kind}").read_text()) for kind in ("user_instances", "user_watches", "queued_events")
        )
    except FileNotFoundError:
        yield doubt("this kernel has no inotify: every folder is listed", "use a kernel with CONFIG_INOTIFY_USER")
        return
    sources = case.config.folders.values()
    deep = any(section.recursive for section in sources)
    text = f"inotify allows {instances} instances, {watches} watches, {queue} waiting events"
    if instances < 2 * len(sources) + 8 or watches < (_WATCHES if deep else 2 * len(sources) + 8):
        yield doubt(text, "sysctl fs.inotify.max_user_instances=128 fs.inotify.max_user_watches=65536, and /etc/sysctl.d for good")
    elif queue < _QUEUE:
        yield doubt(f"{text}: larger bursts are found by listing", f"sysctl fs.inotify.max_queued_events={_QUEUE}")
    else:
        yield good(text)
