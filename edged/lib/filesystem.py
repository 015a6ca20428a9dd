"""Which file system a folder lies on, and whether the kernel tells of everything that happens there."""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_STATFS_BYTES = 512  # struct statfs has at most 120; f_type is its first word everywhere but on s390 and MIPS n64

# Other machines, or another layer, change files there without any event here (see statfs(2) for the numbers).
_SILENT = {
    0x6969: "nfs",
    0x517B: "smb",
    0xFF534D42: "cifs",
    0xFE534D42: "smb2",
    0x65735546: "fuse",  # virtiofs, too
    0x794C7630: "overlay",
    0x01021997: "9p",
    0x00C36400: "ceph",
    0x5346414F: "afs",
    0x6B414653: "kafs",
    0x73757245: "coda",
    0x7461636F: "ocfs2",
    0x01161970: "gfs2",
    0x0BD00BD0: "lustre",
    0x47504653: "gpfs",
    0x786F4256: "vboxsf",
    0xBACBACBC: "vmhgfs",
    0x0000564C: "ncp",
}
_LOCAL = {
    0xEF53: "ext4",
    0x58465342: "xfs",
    0x9123683E: "btrfs",
    0x01021994: "tmpfs",
    0x858458F6: "ramfs",
    0x4D44: "vfat",
    0x2011BAB0: "exfat",
    0x7366746E: "ntfs3",
    0xF2F52010: "f2fs",
    0x2FC12FC1: "zfs",
    0xCA451A4E: "bcachefs",
    0x73717368: "squashfs",
    0xE0F5E1E2: "erofs",
    0x9660: "iso9660",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """What the kernel says of one folder's file system."""

    name: str  # as mount(8) calls it; its number in hex where we know no name
    silent: bool  # files may change without an event: the folder must be listed often

    @property
    def why(self) -> str:
        """One line for people: how a drop folder there is looked after."""
        if self.silent:
            return f"{self.name}: other machines or layers change files there without an event, so it is listed every few seconds"
        return f"{self.name}: the kernel tells of every file"


def file_system(folder: int | Path) -> FileSystem:
    """Ask the kernel; *folder* is an open descriptor or a path.

    Raises:
        OSError: It is not there, or may not be opened.
    """
    if isinstance(folder, int):
        return _named(_magic(folder))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _named(_magic(descriptor))
    finally:
        os.close(descriptor)


def _magic(descriptor: int) -> int:
    buffer = ctypes.create_string_buffer(_STATFS_BYTES)
    if _libc.fstatfs(descriptor, buffer) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return ctypes.c_ulong.from_buffer(buffer).value & 0xFFFFFFFF


def _named(magic: int) -> FileSystem:
    name = _SILENT.get(magic)
    return FileSystem(name=name or _LOCAL.get(magic, f"0x{magic:x}"), silent=name is not None)
