"""A whole machine: systemd as process 1 in a container of systemd-nspawn, without a network."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.doubles.wait import until
from tests.systemd.rootfs import REPOSITORY, cache_folder, rootfs, wheels

_TOOLS = ("debootstrap", "systemd-nspawn", "nsenter", "setpriv")


def missing() -> str:
    """Why no machine can be booted here, or nothing."""
    if os.geteuid() != 0:
        return "booting a machine takes root"
    lacking = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if lacking:
        return f"not on this machine: {', '.join(lacking)} (scripts/test_packages.sh installs them as root)"
    if not (REPOSITORY / "models" / "crnn-zh-en" / "model.yaml").is_file():
        return "the model is not built: make models"
    return ""


class Machine:
    """A box of its own, gone when it is closed. The checkout is /src, the wheels are /wheels, both read-only."""

    def __init__(self) -> None:
        base, stock = rootfs(), wheels()
        for left in cache_folder().glob("run-*"):  # by a run that was killed
            if not Path(f"/proc/{left.name.removeprefix('run-')}").exists():
                shutil.rmtree(left)
        self._folder = cache_folder() / f"run-{os.getpid()}"
        self._folder.mkdir()
        self.root, self.console = self._folder / "root", self._folder / "console"
        # A copy, not an overlay: file systems differ in what they promise, and edged is meant for real ones.
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(self.root)], check=True)
        # Killed with us, as setpriv asks of the kernel; all processes and mounts of it are in the namespaces that end then.
        command = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
        command += ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network"]
        command += [f"--directory={self.root}", f"--bind-ro={REPOSITORY}:/src", f"--bind-ro={stock}:/wheels", "--hostname=line3"]
        # A real box lets everybody read the kernel's clock: what forbids it here must be the unit.
        command += ["--system-call-filter=adjtimex clock_adjtime", "--console=pipe", "--boot"]
        unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
        with self.console.open("wb") as console:
            self._nspawn = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=os.environ | ({} if unified else {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0"}),
            )
        try:
            until(self._booted, 240, "the machine booted")
        except AssertionError:
            said = self.console.read_text(errors="replace")[-2000:]
            self.close()
            raise AssertionError(f"no systemd came up; the console says: {said}") from None

    def _booted(self) -> bool:
        assert self._nspawn.poll() is None, "systemd-nspawn ended"
        return bool(self._leader()) and self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def _leader(self) -> str:
        """The machine's process 1, as we see it: the child of nspawn, which is the child of what we started."""
        [nspawn] = _children(str(self._nspawn.pid)) or [""]
        return (_children(nspawn) or [""])[-1]

    def run(
        self, *command: str, user: str = "", check: bool = True, timeout: float = 120, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine, as root or another of its users."""
        inside = ["nsenter", "-t", self._leader(), "-m", "-u", "-i", "-n", "-p", "--", "env", "-i"]
        inside += [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
            "HOME=/root",
            *(f"{name}={value}" for name, value in environ.items()),
        ]
        inside += ["runuser", "-u", user, "--"] if user else []
        done = subprocess.run([*inside, *command], capture_output=True, text=True, check=False, timeout=timeout)
        assert done.returncode == 0 or not check, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done

    def sh(self, script: str, **options: Any) -> str:
        """What a shell script says."""
        return self.run("sh", "-ec", script, **options).stdout.strip()

    def path(self, inside: str) -> Path:
        """A file of the machine, as we see it; not below its /run and /tmp."""
        return self.root / inside.lstrip("/")

    def property(self, name: str, unit: str = "edged.service") -> str:
        """What systemd says of a unit."""
        return self.run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()

    def journal(self, lines: int = 60) -> str:
        """The newest of what edged and systemd said."""
        return self.run("journalctl", "-u", "edged.service", "-n", str(lines), "--no-pager", "-o", "short-monotonic", check=False).stdout

    def close(self) -> None:
        """Power cut: every process in it is gone, its mounts with them, and its files."""
        nspawn = _children(str(self._nspawn.pid))
        self._nspawn.kill()
        self._nspawn.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in nspawn), 30, "all processes of the machine are gone")
        shutil.rmtree(self._folder)


def _children(pid: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
