"""Which folders the service's unit keeps from us, told from the mounts that we see."""

import subprocess
from pathlib import Path

import pytest

from edged.lib.sandbox import sandbox_remedy

UNIT = {"INVOCATION_ID": "0123"}
# What a service sees with ProtectSystem=strict, ProtectHome=yes, PrivateTmp=yes and ReadWritePaths=/srv/edged.
MOUNTS = r"""100 1 254:0 / / ro,relatime shared:1 - ext4 /dev/vda rw,discard
101 100 254:0 /srv/edged /srv/edged rw,relatime shared:1 - ext4 /dev/vda rw,discard
102 100 254:0 /var/lib/edged /var/lib/edged rw,nosuid - ext4 /dev/vda rw
103 100 0:24 /systemd/inaccessible/dir /home ro,nosuid,nodev,noexec - tmpfs tmpfs rw,mode=755
104 100 254:0 /tmp/systemd-private-ab-edged.service-cd/tmp /tmp rw,nosuid - ext4 /dev/vda rw
105 100 0:30 / /mnt/card ro,relatime - vfat /dev/sdb1 ro
106 100 0:31 / /mnt/two\040words rw,relatime - ext4 /dev/sdc rw
107 106 0:31 / /mnt/two\040words ro,relatime - ext4 /dev/sdc rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """The mounts of a locked service."""
    (tmp_path / "mountinfo").write_text(MOUNTS)
    return tmp_path / "mountinfo"


def _remedy(mounts: Path, *folders: str) -> str:
    return sandbox_remedy(map(Path, folders), environ=UNIT, mounts=mounts) or ""


def test_what_the_unit_opens_is_open(mounts: Path) -> None:
    """Folders in ReadWritePaths and the state directory, made or not."""
    assert _remedy(mounts, "/srv/edged/inbox", "/srv/edged/work/inbox") == ""
    assert _remedy(mounts, "/var/lib/edged") == ""


def test_the_nearest_mount_counts_in_whatever_order(mounts: Path) -> None:
    """The kernel promises no order of the list."""
    mounts.write_text("".join(reversed(MOUNTS.splitlines(keepends=True))))
    assert _remedy(mounts, "/srv/edged/inbox") == ""
    assert "read-only" in _remedy(mounts, "/data/in")


def test_a_shell_has_no_sandbox(mounts: Path) -> None:
    """Only what systemd started is in one."""
    assert sandbox_remedy([Path("/data/in")], environ={}, mounts=mounts) is None


def test_a_disk_that_is_read_only_for_all_is_no_sandbox(mounts: Path) -> None:
    """No drop-in helps there."""
    assert _remedy(mounts, "/mnt/card/in") == ""


def test_folders_between_which_files_are_moved_get_one_path(mounts: Path) -> None:
    """A rename does not cross two mounts; where they have nothing in common, each is named."""
    assert "'ReadWritePaths=\"/data\"' >>" in _remedy(mounts, "/data/in", "/data/work/in", "/data/done/in")
    assert "'ReadWritePaths=\"/a/in\"' 'ReadWritePaths=\"/b/done\"' >>" in _remedy(mounts, "/b/done", "/a/in")


def test_the_mount_on_top_counts(mounts: Path) -> None:
    """Of two mounts on one folder, and with blanks in its name."""
    assert "keeps /mnt/two words/in read-only" in _remedy(mounts, "/mnt/two words/in")


def test_what_is_hidden_cannot_be_opened(mounts: Path) -> None:
    """A home, or a /tmp of the service's own, is no place for a drop folder."""
    assert "hides what lies in /home (ProtectHome" in _remedy(mounts, "/home/kim/inbox")
    assert "hides what lies in /tmp (PrivateTmp)" in _remedy(mounts, "/tmp/no-such-inbox")
    assert _remedy(mounts, "/tmp") == ""


def test_without_a_list_of_mounts_nothing_is_said(tmp_path: Path) -> None:
    """Whoever opens the folder will tell."""
    assert _remedy(tmp_path / "none", "/data") == ""


def test_the_remedy_can_be_pasted(mounts: Path, tmp_path: Path) -> None:
    """What the shell writes is what systemd reads, whatever the folder's name."""
    remedy = _remedy(mounts, "/data/a $(b) 50%/in")
    command = remedy.partition("a drop-in: ")[2].split(" && ")[1].replace("/etc/systemd/system/edged.service.d", str(tmp_path))
    subprocess.run(["sh", "-c", command], check=True)
    assert (tmp_path / "folders.conf").read_text() == '[Service]\nReadWritePaths="/data/a $(b) 50%%/in"\n'
