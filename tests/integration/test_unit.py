"""The files for systemd, as systemd reads them."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edged.control.supervise import SupervisorTimes
from edged.errors import ExitCode

FOLDER = Path(__file__).parent.parent.parent / "systemd"


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


@pytest.fixture
def unit() -> configparser.ConfigParser:
    """The unit file, key by key."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)  # systemd lets settings repeat
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(FOLDER / "edged.service")
    return parser


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say; only the program, which is not installed here, is another."""
    text = (FOLDER / "edged.service").read_text(encoding="utf-8")
    text, changed = re.subn(r"(?m)^(ExecStart|ExecReload)=\S+", r"\1=/bin/true", text)
    assert changed == 2
    (tmp_path / "edged.service").write_text(text, encoding="utf-8")
    command = [_tool("systemd-analyze"), "verify", "--man=no", str(tmp_path / "edged.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "edged" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_sandbox_is_as_tight_as_it_was() -> None:
    """systemd rates what the service could do at 1.2 at most, where 10 is everything; each opening has its reason in the unit."""
    command = [_tool("systemd-analyze"), "security", "--offline=yes", "--no-pager", "--threshold=12", str(FOLDER / "edged.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if "✓" not in line)


def test_cameras_open_what_they_need_and_no_more(tmp_path: Path) -> None:
    """With the drop-in for cameras on USB the rating is 1.4 at most; systemd has nothing to say of it."""
    shutil.copy(FOLDER / "edged.service", tmp_path)
    (tmp_path / "edged.service.d").mkdir()
    shutil.copy(FOLDER / "edged-camera.conf", tmp_path / "edged.service.d")
    command = [_tool("systemd-analyze"), "security", "--offline=yes", "--no-pager", "--threshold=14", str(tmp_path / "edged.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if "✓" not in line)
    assert "char-video4linux:rw" in done.stdout
    assert "edged-camera.conf" not in done.stderr


def test_the_unit_comes_back_for_ever_but_for_a_bad_configuration(unit: configparser.ConfigParser) -> None:
    """A crash is restarted without a limit; a configuration error waits for a person."""
    service = unit["Service"]
    assert (service["Restart"], unit["Unit"]["StartLimitIntervalSec"]) == ("always", "0")
    assert int(service["RestartPreventExitStatus"]) == ExitCode.CONFIG
    assert service["Type"] == "notify"


def test_systemd_and_the_supervisor_agree_on_times(unit: configparser.ConfigParser) -> None:
    """A frozen stage is restarted within 30 seconds in all, and a stop is never cut short."""
    times = SupervisorTimes()
    assert int(unit["Service"]["WatchdogSec"]) + times.beat_limit <= 30
    assert int(unit["Service"]["WatchdogSec"]) > 4 * times.tick
    assert int(unit["Service"]["TimeoutStopSec"]) > times.stop


def test_every_switch_that_stays_open_says_why() -> None:
    """What the unit leaves open carries a comment with what that costs."""
    text = (FOLDER / "edged.service").read_text(encoding="utf-8")
    for setting in ("PrivateUsers=no", "MemoryDenyWriteExecute=no", "RestrictAddressFamilies=", "UMask="):
        assert re.search(rf"(?m)^#.*Open \(0\.\d.*\n(?:#.*\n)*(?:[A-Z].*\n)*{setting}", text), setting


def test_the_user_and_both_groups_are_made(tmp_path: Path) -> None:
    """systemd-sysusers makes the user, its group and the droppers' group in an empty root."""
    (tmp_path / "etc").mkdir()
    done = subprocess.run(
        [_tool("systemd-sysusers"), f"--root={tmp_path}", str(FOLDER / "edged.sysusers")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^edged:.*:/var/lib/edged:", (tmp_path / "etc/passwd").read_text(), re.MULTILINE)
    assert re.search(r"^edged-drop:.*:edged$", (tmp_path / "etc/group").read_text(), re.MULTILINE)


def test_the_folders_are_made_as_the_contract_says(tmp_path: Path) -> None:
    """systemd-tmpfiles makes all four folders; the inbox is set-group-id and sticky and has a default ACL."""
    text = (FOLDER / "edged.tmpfiles").read_text(encoding="utf-8")
    mine = re.sub(r"edged-drop|\bedged\b(?=\s|:)", "root", text)  # names that exist on this machine
    (tmp_path / "edged.conf").write_text(mine, encoding="utf-8")
    command = [_tool("systemd-tmpfiles"), "--create", f"--root={tmp_path}", str(tmp_path / "edged.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if "Operation not permitted" in done.stderr:
        pytest.skip("only root may give folders away")
    assert (done.returncode, done.stderr) == (0, "")
    modes = {folder.name: oct(folder.stat().st_mode & 0o7777) for folder in (tmp_path / "srv" / "edged").iterdir()}
    assert modes == {"inbox": "0o3770", "work": "0o750", "done": "0o750", "failed": "0o750"}
    assert len(re.findall(r"(?m)^a\+\s+/srv/edged/inbox", text)) == 1
