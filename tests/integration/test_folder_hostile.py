"""Whatever lies in the inbox: nothing outside is read or changed, nothing hangs, and each entry has its reason."""

import json
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doubles.folder import Feed, filed, hot_folder, names, picture, put
from tests.doubles.wait import until

SECRET = picture("SECRET", 200)
LIMIT = 4096
OTHER_ID = "01a20673-b713-7a83-b144-3d217e896856"


@dataclass(frozen=True)
class Hostile:
    """One entry, and what must become of it."""

    label: str
    make: Callable[[Path], object]  # gets the root; the inbox is root/inbox, the secret root/outside/secret
    fate: str  # read, left, or words of the reason for which it is refused
    shown: str | None = None  # the name in the reading


def link(target: str, name: str = "a.jpg") -> Callable[[Path], object]:
    return lambda root: (root / "inbox" / name).symlink_to(target.format(root=root))


def named(name: str | bytes) -> Callable[[Path], object]:
    return lambda root: put(root / "inbox" / os.fsdecode(name), picture("fine"), age=60)


def timed(seconds: int) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        put(root / "inbox" / "a.jpg", picture("fine"))
        os.utime(root / "inbox" / "a.jpg", (seconds, seconds))

    return make


def mode(bits: int) -> Callable[[Path], object]:
    return lambda root: put(root / "inbox" / "a.jpg", picture("fine"), age=60).chmod(bits)


def content(data: bytes) -> Callable[[Path], object]:
    return lambda root: put(root / "inbox" / "a.jpg", data, age=60)


def node(kind: int, major: int, minor: int) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        try:
            os.mknod(root / "inbox" / "a.jpg", kind | 0o666, os.makedev(major, minor))
        except OSError:
            pytest.skip("devices cannot be made here")

    return make


def sparse(root: Path) -> None:
    with (root / "inbox" / "a.jpg").open("wb") as file:
        file.truncate(2**40)


def bound_socket(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "inbox" / "a.jpg"))


def two_links(root: Path) -> None:
    (root / "inbox" / "a.jpg").symlink_to("b.jpg")
    (root / "inbox" / "b.jpg").symlink_to("a.jpg")


def folder(name: str) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        (root / "inbox" / name).mkdir(parents=True)
        put(root / "inbox" / name / "a.jpg", picture("inside"), age=60)

    return make


def immutable(root: Path) -> None:
    put(root / "inbox" / "a.jpg", picture("fine"), age=60)
    if subprocess.run(["chattr", "+i", root / "inbox" / "a.jpg"], capture_output=True, check=False).returncode:
        pytest.skip("attributes cannot be set here")


LINK, PIPE, DEVICE = "symbolic link", "named pipe", "a device"
ENTRIES = [
    Hostile("link to a file", link("{root}/outside/secret"), LINK),
    Hostile("relative link to a file", link("../outside/secret"), LINK),
    Hostile("dangling link", link("nowhere"), LINK),
    Hostile("link to itself", link("a.jpg"), LINK),
    Hostile("links to each other", two_links, LINK),
    Hostile("link to a folder", link("../outside"), LINK),
    Hostile("link to the inbox", link("."), LINK),
    Hostile("link to done", link("../done"), LINK),
    Hostile("link to an endless file", link("/dev/zero"), LINK),
    Hostile("link to our memory", link("/proc/self/mem"), LINK),
    Hostile("link of 4,000 bytes", link("x/" * 2000), LINK),
    Hostile("pipe", lambda root: os.mkfifo(root / "inbox" / "a.jpg"), PIPE),
    Hostile("link to a pipe", lambda root: (os.mkfifo(root / "pipe"), (root / "inbox" / "a.jpg").symlink_to("../pipe")), LINK),
    Hostile("socket", bound_socket, "socket"),
    Hostile("null device", node(stat.S_IFCHR, 1, 3), DEVICE),
    Hostile("endless device", node(stat.S_IFCHR, 1, 5), DEVICE),
    Hostile("terminal", node(stat.S_IFCHR, 5, 0), DEVICE),
    Hostile("block device", node(stat.S_IFBLK, 7, 200), DEVICE),
    Hostile("folder", folder("in"), "left"),
    Hostile("folder named as a picture", folder("a.jpg"), "left"),
    Hostile("folder with a newline", folder("a\nb"), "left"),
    Hostile("folders 60 deep", folder("/".join(["d"] * 60)), "left"),
    Hostile("sparse terabyte", sparse, "limits.max_file_bytes"),
    Hostile("a byte too large", content(bytes(LIMIT + 1)), "limits.max_file_bytes"),
    Hostile("empty", content(b""), "read"),
    Hostile("cut off", content(picture("x")[:30]), "read"),
    Hostile("document", content(b"%PDF-1.7"), "read"),
    Hostile("hard link", lambda root: (root / "inbox" / "a.jpg").hardlink_to(root / "outside" / "old"), "read"),
    Hostile("newline", named("a\nERROR all is lost\n.jpg"), "read", "a\\nERROR all is lost\\n.jpg"),
    Hostile("terminal codes", named("\x1b[2J\x07.jpg"), "read", "\\x1b[2J\\x07.jpg"),
    Hostile("carriage return", named("a\rb"), "read", "a\\rb"),
    Hostile("not UTF-8", named(b"\xff\xfe\xe9.jpg"), "read", "\\xff\\xfe\\xe9.jpg"),
    Hostile("turned around", named("\u202egpj.exe"), "read", "\\u202egpj.exe"),
    Hostile("leading dash", named("-rf"), "read", "-rf"),
    Hostile("spaces only", named("   "), "read", "   "),
    Hostile("trailing dot", named("a."), "read", "a."),
    Hostile("255 bytes", named("x" * 251 + ".jpg"), "read", "x" * 251 + ".jpg"),
    Hostile("255 bytes of 3 each", named("日" * 85), "read", "日" * 85),
    Hostile("255 bytes not UTF-8", named(b"\xff" * 255), "read", "\\xff" * 255),
    Hostile("shell", named("$(reboot);`id`|'\"&.jpg"), "read", "$(reboot);`id`|'\"&.jpg"),
    Hostile("format codes", named("%s%n{0}{}"), "read", "%s%n{0}{}"),
    Hostile("topic wildcards", named("+#"), "read", "+#"),
    Hostile("backslashes", named("a\\..\\..\\etc"), "read", "a\\..\\..\\etc"),
    Hostile("slash look-alike", named("a\u2215..\u2215etc"), "read", "a\u2215..\u2215etc"),
    Hostile("claimed name", named(f"{OTHER_ID}~a.jpg"), "read", f"{OTHER_ID}~a.jpg"),
    Hostile("claimed name with attempts", named(f"{OTHER_ID}.99~a.jpg"), "read", f"{OTHER_ID}.99~a.jpg"),
    Hostile("tilde", named("~"), "read", "~"),
    Hostile("sidecar", named("a.jpg.json"), "read", "a.jpg.json"),
    Hostile("ignored", named(".a.jpg"), "left"),
    Hostile("our own probe", named(".edged-probe-one.jpg"), "left"),
    Hostile("far future", timed(2**33), "read"),
    Hostile("before 1970", timed(-(2**31)), "read"),
    Hostile("time zero", timed(0), "read"),
    Hostile("set-user-id program", mode(0o6777), "read"),
    Hostile("write only", mode(0o222), "read" if os.geteuid() == 0 else "no permission"),
    Hostile("immutable", immutable, "left"),
]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """An inbox, and something outside that must not be touched."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "outside").mkdir()
    put(tmp_path / "outside" / "secret", SECRET)
    put(tmp_path / "outside" / "old", picture("old"), age=60)
    yield tmp_path
    with suppress(FileNotFoundError):
        subprocess.run(["chattr", "-R", "-i", tmp_path / "inbox"], capture_output=True, check=False)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.label)
@pytest.mark.parametrize("recursive", [False, True], ids=["flat", "recursive"])
def test_a_hostile_entry_is_refused_or_read_safely(root: Path, entry: Hostile, recursive: bool) -> None:
    """One reading for each entry that is taken, and what comes after it is read as ever."""
    entry.make(root)
    inside = names(root / "inbox")
    limits = {"limits": {"max_file_bytes": LIMIT}}
    with Feed(hot_folder(root / "inbox", recursive=recursive, stalled_seconds=1, settle_seconds=0.1, **limits)) as feed:
        expected = 0 if entry.fate == "left" else len(inside)
        if recursive and entry.label.startswith("folder"):
            expected = 1
        until(lambda: len(feed.delivered) >= expected)
        put(root / "inbox" / "zz.jpg", picture("after"))
        until(lambda: "zz.jpg" in feed.names)
    taken = [delivery for delivery in feed.delivered if delivery.origin.name != "zz.jpg"]
    assert len(taken) == expected
    assert feed.error == []
    assert (root / "outside" / "secret").read_bytes() == SECRET
    assert names(root / "outside") == ["old", "secret"]
    for delivery in taken:
        assert delivery.data != SECRET
        json.dumps(delivery.origin.name).encode()
        if entry.fate not in ("read", "left"):
            assert delivery.problem is not None
            assert entry.fate in delivery.problem.reason
    if entry.shown is not None:
        assert [delivery.origin.name for delivery in taken] == [entry.shown]
    if not expected:
        assert names(root / "inbox") == inside
    refused = filed(root, "failed")
    assert len(refused) == sum(delivery.problem is not None for delivery in taken)
    for path in refused:
        assert json.loads(Path(f"{path}.json").read_bytes())["outcome"] == "rejected"
        assert path.is_symlink() == (entry.fate == LINK)
    assert len(filed(root)) + len(refused) == len(feed.delivered)
    assert names(root / "work" / "inbox" / "one") == [".lock"]
