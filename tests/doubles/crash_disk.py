"""What a disk may hold after a power cut, out of a real program's system calls.

The calls are recorded with strace. A write counts only once its file was synced, a name only once its
folder was; a rename is one step, as on every journaling file system, and counts with the folder it leads to.
What was not synced may be there, in part, or not.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STRACE = shutil.which("strace")
_CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,"
    "ftruncate,truncate,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,fallocate,copy_file_range,sendfile,sync_file_range"
)
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"^(?:AT_FDCWD|-?\d+)<((?:\\x[0-9a-f]{2})*)>")


def record(module: str, *arguments: str, log: Path, root: Path) -> list["Call"]:
    """Run a module under strace; its calls below *root*, and what it wrote to its standard output."""
    command = [STRACE or "strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(log)]
    subprocess.run([*command, sys.executable, "-m", module, *arguments], check=True, stdout=subprocess.DEVNULL, timeout=120)
    return list(_parse(log, os.fsencode(root)))


@dataclass(frozen=True)
class Call:
    """One successful call: which, on which absolute paths, with which bytes and numbers."""

    name: str
    paths: tuple[bytes, ...]
    data: bytes = b""
    numbers: tuple[int, ...] = ()
    flags: str = ""


def _parse(log: Path, root: bytes) -> Iterator[Call]:
    begun: dict[str, str] = {}
    for line in log.read_text(encoding="ascii", errors="replace").splitlines():
        text = line
        if line.endswith("<unfinished ...>"):
            begun[line.split(" ", 1)[0]] = line.removesuffix("<unfinished ...>")
            continue
        if resumed := _RESUMED.match(line):
            text = begun.pop(resumed[1]) + resumed[3].lstrip()  # counts when it ended
        found = _LINE.match(text)
        if found and int(found[4]) >= 0:
            call = _call(found[2], found[3], int(found[4]), root)
            if call is not None:
                yield call


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _call(name: str, given: str, result: int, root: bytes) -> Call | None:
    parts = [part.strip() for part in given.split(", ")]
    paths: list[bytes] = []
    folder = b""
    data = b""
    for part in parts:
        if at := _FD.match(part):
            folder = _plain(at[1])
            if name in ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate", "writev", "pwritev"):
                paths.append(folder)
        elif text := _TEXT.match(part):
            if name in ("write", "pwrite64"):
                data = _plain(text[1])[:result]
            else:
                paths.append(_plain(text[1]) if _plain(text[1]).startswith(b"/") else folder + b"/" + _plain(text[1]))
    if name == "write" and given.startswith("1<"):
        return Call("said", (), data)
    if not any(path == root or path.startswith(root + b"/") for path in paths):
        return None
    assert name not in ("writev", "pwritev", "copy_file_range", "sendfile", "link", "linkat", "truncate"), f"{name}: not known to this disk"
    assert not any(path.endswith(b" (deleted)") for path in paths), paths
    numbers = tuple(int(part) for part in parts if re.fullmatch(r"\d+", part))
    return Call(name, tuple(os.path.relpath(path, root) for path in paths), data, numbers, given.rpartition('"')[2])


@dataclass(eq=False)
class Node:
    """A file or a folder."""

    folder: bool
    synced: bytes = b""
    writes: list[tuple[int, bytes]] = field(default_factory=list)  # at, content; at -1: cut to len(content)


@dataclass(frozen=True, eq=False)
class Step:
    """A change of names that may be lost."""

    leads_to: tuple[Node, str] | None
    node: Node
    comes_from: tuple[Node, str] | None = None


Names = dict[tuple[int, str], Node]  # folder and name


class Disk:
    """The names and contents below one folder, synced and not."""

    def __init__(self, files: dict[str, bytes]) -> None:
        """Begin with these files, synced."""
        self.root = Node(folder=True)
        self._nodes: dict[str, Node] = {".": self.root}  # as the program sees it
        self._synced: list[Step] = []
        self.pending: list[Step] = []
        for path, content in files.items():
            self._make(path, Node(folder=False, synced=content))
        self._synced, self.pending = self.pending, []

    def _make(self, path: str, node: Node) -> Node:
        head, _, name = path.rpartition("/")
        head = head or "."
        parent = self._nodes.get(head) or self._make(head, Node(folder=True))
        self.pending.append(Step((parent, name), node))
        self._nodes[path] = node
        return node

    def _place(self, path: str) -> tuple[Node, str]:
        head, _, name = path.rpartition("/")
        return self._nodes[head or "."], name

    def apply(self, call: Call) -> bool:
        """Do what the program did; False where it changes nothing."""
        paths = [os.fsdecode(path) for path in call.paths]
        node = self._nodes.get(paths[0])
        match call.name:
            case "openat" | "open" | "creat":
                return self._open(paths[0], node, call.flags)
            case "mkdir" | "mkdirat":
                self._make(paths[0], Node(folder=True))
            case "write" | "pwrite64" if node:
                at = call.numbers[-1] if call.name == "pwrite64" else self._size(node)
                node.writes.append((at, call.data))
            case "ftruncate" if node:
                node.writes.append((-1, bytes(call.numbers[0])))
            case "fallocate" if node:
                node.writes.append((self._size(node), bytes(max(0, sum(call.numbers[-2:]) - self._size(node)))))
            case "fsync" | "fdatasync" if node:
                self._sync(node)
            case "rename" | "renameat" | "renameat2":
                self._rename(*paths)
            case "unlink" | "unlinkat" | "rmdir":
                self.pending.append(Step(None, self._nodes.pop(paths[0]), self._place(paths[0])))
            case _:
                raise AssertionError(call)
        return True

    def _open(self, path: str, node: Node | None, flags: str) -> bool:
        if node is None and "O_CREAT" in flags:
            self._make(path, Node(folder=False))
            return True
        if node is not None and "O_TRUNC" in flags:
            node.writes.append((-1, b""))
            return True
        return False

    def _rename(self, old: str, new: str) -> None:
        node = self._nodes[old]
        self.pending.append(Step(self._place(new), node, self._place(old)))
        below = [path for path in self._nodes if path == old or path.startswith(f"{old}/")]
        for path in below:
            self._nodes[new + path[len(old) :]] = self._nodes.pop(path)

    def _sync(self, node: Node) -> None:
        if not node.folder:
            node.synced, node.writes = content(node.synced, node.writes), []
            return
        for step in [step for step in self.pending if (step.leads_to or step.comes_from or (None,))[0] is node]:
            self.pending.remove(step)
            self._synced.append(step)

    @staticmethod
    def _size(node: Node) -> int:
        return len(content(node.synced, node.writes))

    def states(self, *, torn: bool) -> Iterator[dict[str, bytes | None]]:
        """All that may be found after a power cut now: path to content, None for a folder."""
        steps = [[], self.pending, *([step] for step in self.pending)]
        dirty = [node for node in self._files() if node.writes]
        for some in steps:
            yield self._tree(some, {})
            yield self._tree(some, {node: node.writes for node in dirty})
        for node in dirty:
            for number, (at, data) in enumerate(node.writes):
                yield self._tree(self.pending, {node: node.writes[number : number + 1]})
                if torn:
                    yield self._tree(self.pending, {node: [*node.writes[:number], (at, data[: len(data) // 2])]})

    def _files(self) -> list[Node]:
        steps = (*self._synced, *self.pending)
        return list(dict.fromkeys(step.node for step in steps if not step.node.folder))

    def _tree(self, steps: Sequence[Step], writes: dict[Node, list[tuple[int, bytes]]]) -> dict[str, bytes | None]:
        names: dict[Node, dict[str, Node]] = {}
        there = {self.root}
        for step in (*self._synced, *steps):
            if step not in self._synced and step.leads_to is not None and step.leads_to[0] not in there:
                continue  # nothing is moved into a folder that never came to be
            there.add(step.node)
            if step.comes_from is not None:
                folder, name = step.comes_from
                if names.get(folder, {}).get(name) is not step.node:
                    continue  # what it would change never came to be
                del names[folder][name]
            if step.leads_to is not None:
                folder, name = step.leads_to
                names.setdefault(folder, {})[name] = step.node
        found: dict[str, bytes | None] = {}
        self._walk(self.root, "", names, writes, found)
        return found

    def _walk(
        self,
        folder: Node,
        path: str,
        names: dict[Node, dict[str, Node]],
        writes: dict[Node, list[tuple[int, bytes]]],
        found: dict[str, bytes | None],
    ) -> None:
        for name, node in names.get(folder, {}).items():
            found[path + name] = None if node.folder else content(node.synced, writes.get(node, []))
            if node.folder:
                self._walk(node, f"{path}{name}/", names, writes, found)


def content(base: bytes, writes: Sequence[tuple[int, bytes]]) -> bytes:
    """The bytes of a file after these writes."""
    if not writes:
        return base
    data = bytearray(base)
    for at, piece in writes:
        if at < 0:
            data = data[: len(piece)].ljust(len(piece), b"\0")
        else:
            data.extend(bytes(max(0, at - len(data))))
            data[at : at + len(piece)] = piece
    return bytes(data)


def put(tree: dict[str, bytes | None], root: Path, then: float) -> None:
    """Make a state real; files are as old as *then* (epoch seconds)."""
    for path, data in tree.items():
        if data is None:
            (root / path).mkdir(parents=True)
        else:
            (root / path).write_bytes(data)
            os.utime(root / path, (then, then))
