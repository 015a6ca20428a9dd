"""How findings are judged and told."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from edged.doctor import clock, events, limits, service, table
from edged.doctor.examine import examine
from edged.doctor.finding import Finding, Level, bad, doubt, good
from edged.doctor.model import Executed, judged
from edged.errors import EdgedError, ExitCode
from tests.doubles.cases import case, told, worst

NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)


def test_a_table_is_legible_in_a_plain_terminal() -> None:
    """A mark, the area once, remedies below; nothing wider than a terminal, and no name can forge a line."""
    lines = table.lines("broker", [good("fine"), bad("no\nentry " + "word " * 40, "open the door")])
    assert lines[0] == "\N{CHECK MARK} broker        fine"
    assert lines[1].startswith("\N{BALLOT X}               no\\nentry word")
    assert lines[-1] == "                -> open the door"
    assert max(map(len, lines)) <= 110
    assert table.lines("x", [bad("y", "z")], encoding="ANSI_X3.4-1968")[0].startswith("x x ")


@pytest.mark.parametrize(
    ("findings", "code", "says"),
    [
        ([good("a")], ExitCode.DONE, "nothing will fail"),
        ([good("a"), doubt("b", "c")], ExitCode.DONE, "nothing will fail, 1 to look at"),
        ([doubt("b", "c"), bad("d", "e")], ExitCode.UNREADABLE, "1 will fail, 1 to look at"),
    ],
)
def test_only_what_will_fail_makes_the_exit_code_1(findings: list[Finding], code: ExitCode, says: str) -> None:
    """Warnings are allowed."""
    by_area = {"area": findings}
    assert (table.exit_code(by_area), table.verdict(by_area)) == (code, says)
    told_json = json.loads(table.as_json(by_area, code))
    assert told_json["exit_code"] == code
    assert told_json["findings"][0]["area"] == "area"


def test_a_check_that_cannot_go_on_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before it stays, and the next area is examined."""

    def broken(_: object) -> object:
        yield good("first")
        message = "no such model"
        raise EdgedError(message, hint="build it")

    def refused(_: object) -> object:
        raise PermissionError(13, "Permission denied", "/etc/shadow")
        yield

    monkeypatch.setattr("edged.doctor.examine.CHECKS", (("a", broken), ("b", refused)))
    found = dict(examine(case(tmp_path)))
    assert [(f.text, f.remedy) for f in found["a"]] == [("first", ""), ("no such model", "build it")]
    assert "/etc/shadow cannot be looked at: Permission denied" in found["b"][0].text


@pytest.mark.parametrize(
    ("now", "synced", "newest", "level", "says"),
    [
        (NOW, True, NOW, Level.GOOD, "synchronised"),
        (NOW, False, None, Level.DOUBT, "never synchronised"),
        (NOW, None, None, Level.DOUBT, "does not say"),
        (NOW.replace(year=1970), False, None, Level.BAD, "cannot be"),
        (NOW, True, NOW + dt.timedelta(days=3), Level.DOUBT, "it went back"),
    ],
)
def test_the_clock_is_judged(now: dt.datetime, synced: bool | None, newest: dt.datetime | None, level: Level, says: str) -> None:
    """By the kernel, by the calendar, and by what was written already."""
    found = list(clock.judged(now, synced, (Path("/var/lib/edged/outbox.db"), newest) if newest else None))
    assert worst(found) is level
    assert says in "".join(finding.text for finding in found)


@pytest.mark.parametrize(
    ("precisions", "unrolled", "level", "says"),
    [
        ({"f32": 38}, 0, Level.GOOD, "computes in 38 f32"),
        ({"f32": 8, "bf16": 30}, 0, Level.DOUBT, "30 bf16"),
        ({"f32": 38}, 2, Level.DOUBT, "step by step"),
    ],
)
def test_what_the_runtime_executes_is_judged(precisions: dict[str, int], unrolled: int, level: Level, says: str) -> None:
    """Another precision than asked for, or a recurrent layer that is no longer one."""
    found = list(judged("model", Executed(Counter(precisions), Counter({"jit_avx2": 38}), recurrent=4, unrolled=unrolled)))
    assert worst(found) is level
    assert says in "".join(finding.text for finding in found)


DAEMON = {
    "pid": 7,
    "uptime_seconds": 1.0,
    "version": "0.0.1",
    "config": "other",
    "health": {"state": "degraded", "reasons": ["broker: away; start it"]},
}


def test_a_running_daemon_is_compared_and_asked(tmp_path: Path) -> None:
    """Another version, another configuration, and its own complaints with their remedies."""
    found = list(service.check(case(tmp_path, daemon=DAEMON)))
    doubts = told(found, Level.DOUBT)
    assert "the daemon is edged 0.0.1" in doubts
    assert "does not run with what" in doubts
    assert "it is degraded: broker: away -> start it" in doubts
    failing = DAEMON | {"health": {"state": "failing", "reasons": ["outbox: no room"]}}
    assert "no room" in told(list(service.check(case(tmp_path, daemon=failing))), Level.BAD)


def test_a_unit_that_failed_is_told(tmp_path: Path) -> None:
    """No daemon answers, and systemd gave it up."""
    unit = {"LoadState": "loaded", "ActiveState": "failed", "Result": "exit-code", "User": "root"}
    assert "has failed (exit-code)" in told(list(service.check(case(tmp_path, unit=unit))), Level.BAD)


def test_tight_limits_of_the_unit_are_told(tmp_path: Path) -> None:
    """Memory and open files as the unit allows them, not as this shell does."""
    found = list(limits.check(case(tmp_path, unit={"MemoryMax": str(100 * 2**20), "LimitNOFILE": "64"})))
    doubts = told(found, Level.DOUBT)
    assert "100 MiB of memory" in doubts
    assert "64 open files" in doubts


def test_the_limits_of_inotify_are_judged(tmp_path: Path) -> None:
    """A queue too short for bursts, too few instances, and a kernel without inotify."""
    for name, value in {"max_user_instances": 128, "max_user_watches": 65536, "max_queued_events": 1024}.items():
        (tmp_path / name).write_text(f"{value}\n")
    examined = case(tmp_path)
    assert "larger bursts are found by listing" in told(list(events._limits(examined, tmp_path)), Level.DOUBT)
    (tmp_path / "max_user_instances").write_text("1\n")
    assert "sysctl fs.inotify.max_user_instances" in told(list(events._limits(examined, tmp_path)), Level.DOUBT)
    assert "no inotify" in told(list(events._limits(examined, tmp_path / "nowhere")), Level.DOUBT)
