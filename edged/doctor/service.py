"""Whether a daemon runs, as whom, and what it says of itself."""

import os
from collections.abc import Iterator

from edged import __version__
from edged.doctor.case import Case
from edged.doctor.finding import Finding, bad, doubt, good


def check(case: Case) -> Iterator[Finding]:
    """The running daemon and its unit."""
    if case.daemon is not None:
        yield good(f"the daemon runs (process {case.daemon['pid']}, up {case.daemon['uptime_seconds']:.0f} s)")
        yield from _differences(case)
        yield from _health(case)
    elif case.silence is not None:
        yield bad(f"{case.silence}", case.silence.hint)
    elif case.unit is not None and case.unit["ActiveState"] == "failed":
        yield bad(f"the service has failed ({case.unit['Result']})", "journalctl -u edged -n 50 says why; what follows may, too")
    else:
        yield good("no daemon runs; this is what it would meet")
    yield from _user(case)


def _differences(case: Case) -> Iterator[Finding]:
    assert case.daemon is not None
    if case.daemon["version"] != __version__:
        yield doubt(f"the daemon is edged {case.daemon['version']}, this command {__version__}", "restart it: systemctl restart edged")
    if case.daemon["config"] != case.loaded.digest:
        yield doubt(f"the daemon does not run with what {case.loaded.path} says now", "edged reload --wait says what is missing")


def _health(case: Case) -> Iterator[Finding]:
    assert case.daemon is not None
    health = case.daemon["health"]
    say = doubt if health["state"] == "degraded" else bad
    for reason in health["reasons"]:  # `ok` has none
        what, remedy = reason.rsplit("; ", 1) if "; " in reason else (reason, "")
        advice = "systemctl restart edged" if "restart needed" in what else "its journal has more: journalctl -u edged -n 50"
        yield say(f"it is {health['state']}: {what}", remedy or advice)


def _user(case: Case) -> Iterator[Finding]:
    if case.unit is not None and os.geteuid() == 0 and case.unit.user != "root":
        yield doubt(
            f"run as root, the service runs as {case.unit.user}: what it may read and write was not tried",
            f"sudo -u {case.unit.user} edged doctor",
        )
