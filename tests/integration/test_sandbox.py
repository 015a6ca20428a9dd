"""A folder that the unit keeps read-only, with the kernel's own mounts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.box import ROOT

SCRIPT = r"""
mount --bind {box}/data {box}/data && mount -o remount,bind,ro {box}/data || exit 77
cd {root} && INVOCATION_ID=1 exec {python} -c '
import sys
from pathlib import Path
from edged.config.file import load_config
from edged.errors import ConfigError
try:
    load_config(Path("{box}/edged.yaml"))
except ConfigError as error:
    print(*error.findings, sep="\n")
'
"""


def test_a_folder_outside_the_sandbox_is_refused_with_its_remedy(tmp_path: Path) -> None:
    """Under systemd each folder that only we cannot write is an error with its line and the drop-in to write."""
    (tmp_path / "data/in").mkdir(parents=True)
    (tmp_path / "edged.yaml").write_text(
        "version: 1\ndevice: a\nstate_dir: data/state\nsources:\n  in:\n    path: data/in\n  free: {path: free}\n"
        "control: {socket: data/run/s}\n"
    )
    script = SCRIPT.format(box=tmp_path, root=ROOT, python=sys.executable)
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("mounts cannot be made here")
    assert done.stderr == ""
    state, folder, socket = done.stdout.splitlines()
    assert state.startswith(f"edged.yaml:3: state_dir: the unit of edged keeps {tmp_path}/data/state read-only (ProtectSystem)")
    assert folder.startswith("edged.yaml:6: sources.in.path: the unit of edged keeps")
    assert f'ReadWritePaths="{tmp_path}/data"\'' in folder
    assert socket.startswith("edged.yaml:8: control.socket: the unit of edged keeps")
