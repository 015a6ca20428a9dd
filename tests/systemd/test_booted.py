"""edged on a Debian 12 that was really booted, installed by its script, inside the sandbox of its unit."""

from collections.abc import Iterator

import pytest

from tests.doubles.wait import until
from tests.systemd.machine import missing
from tests.systemd.station import CONFIG, DROPIN, INBOX, Station

SAMPLE = "/src/tests/samples/lot.png"
DOUBLES = "/src/tests/doubles"


@pytest.fixture(scope="module")
def box() -> Iterator[Station]:
    """One machine for all: booting and installing is the long part."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    station = Station()
    try:
        yield station
    finally:
        station.machine.close()


@pytest.fixture(autouse=True)
def _as_installed(box: Station) -> Iterator[None]:
    """Whatever a test made of the unit, the next finds it as it was installed, and running."""
    yield
    settings = box.machine.path(DROPIN)
    if settings.exists():
        settings.unlink()
        box.machine.sh("systemctl daemon-reload; systemctl restart edged")


def test_installing_again_changes_nothing(box: Station) -> None:
    """The first run leaves a service that runs and starts at boot; a second finds nothing to do, not even a restart."""
    assert "done (start)" in box.installed.stdout
    assert (box.machine.property("ActiveState"), box.machine.property("UnitFileState")) == ("active", "enabled")
    before = box.machine.property("MainPID"), box.machine.sh("find /etc /opt /usr -newer /var/tmp/seen -type f")
    again = box.install()
    assert [line for line in again.stdout.splitlines() if "done" not in line] == []
    assert (box.machine.property("MainPID"), box.machine.sh("find /etc /opt /usr -newer /var/tmp/seen -type f")) == before


def test_an_upgrade_keeps_the_configuration_and_restarts_into_what_is_new(box: Station) -> None:
    """A unit of an older version is replaced and the service restarted; what the administrator wrote stays."""
    box.machine.sh(f"echo '# mine' >>{CONFIG}; echo '# old' >>/usr/lib/systemd/system/edged.service")
    before = box.machine.property("MainPID")
    assert "done (restart)" in box.install().stdout
    assert box.machine.property("MainPID") != before
    assert box.machine.sh(f"grep -c '# mine' {CONFIG}; grep -c '# old' /usr/lib/systemd/system/edged.service || true") == "1\n0"


def test_what_another_user_drops_is_read_whatever_the_umask(box: Station) -> None:
    """Copied under umask 077, written by a program, moved in from the same and from another file system: all are read."""
    box.drop(
        f"umask 077; cp {SAMPLE} {INBOX}/copied.png; cat {SAMPLE} >{INBOX}/written.png; umask 022;"
        f"cp {SAMPLE} ~/moved.png; mv ~/moved.png {INBOX}; cp {SAMPLE} /tmp/crossed.png; mv /tmp/crossed.png {INBOX}",
        *("copied.png", "written.png", "moved.png", "crossed.png"),
    )
    assert {reading["text"] for reading in box.all_read()} == {"LOT A17-042"}
    until(lambda: box.machine.sh("find /srv/edged/done -type f | wc -l") == "4", 60, "all are filed away")


def test_a_file_that_may_not_be_read_fails_with_owner_mode_and_remedy(box: Station) -> None:
    """A private file that is moved in keeps its mode: the reading says whose it is and what to do, by name."""
    box.drop(f"umask 077; cp {SAMPLE} ~/secret.png; chmod 600 ~/secret.png; mv ~/secret.png {INBOX}", "secret.png")
    [reason] = box.reading("secret.png")["reasons"]
    assert "owner alice, mode 0600" in reason
    assert "umask" in reason
    box.all_read()


def test_only_the_group_may_drop(box: Station) -> None:
    """Who is not in edged-drop can neither write into the inbox nor look into it."""
    assert box.machine.run("sh", "-c", f"cp {SAMPLE} {INBOX}/x.png || ls {INBOX}", user="bob", check=False).returncode != 0


def test_the_sandbox_is_the_one_of_the_unit(box: Station) -> None:
    """The running process has no capabilities, a filter and no new privileges; nothing that it can write can be run."""
    pid = box.machine.property("MainPID")
    said = dict(line.split(":\t", 1) for line in box.machine.sh(f"cat /proc/{pid}/status").splitlines() if ":\t" in line)
    assert (said["CapBnd"], said["CapEff"], said["NoNewPrivs"], said["Seccomp"]) == ("0" * 16, "0" * 16, "1", "2")
    mounts = {fields[4]: set(fields[5].split(",")) for fields in map(str.split, box.machine.sh(f"cat /proc/{pid}/mountinfo").splitlines())}
    runs = " ".join(place for place, options in mounts.items() if not options & {"ro", "noexec"})
    as_edged = f"nsenter -t {pid} -m -- setpriv --reuid edged --regid edged --init-groups --"
    assert box.machine.sh(f"{as_edged} sh -c 'for place in {runs}; do ! test -w $place || echo $place; done'") == ""
    assert "ro" in mounts["/"]
    assert all("rw" in mounts[place] for place in ("/srv/edged", "/var/lib/edged", "/run/edged"))


CAPTURE = """
import json, sys
from edged.config import CameraSection
from edged.flow.camera.capture import Capture
keys = {"kind": "camera", "url": "file:///src/tests/samples", "file": {"pace": "fast"}}
capture = Capture("gate", CameraSection.model_validate_json(json.dumps(keys)))
capture.open()
frame = capture.newer(0, 60)
print(capture.told(), capture.trouble, flush=True)
capture.close()
sys.exit(frame is None)
"""


def test_a_camera_is_captured_inside_the_sandbox(box: Station) -> None:
    """The unit with the drop-in for cameras lets the process that captures start, share its memory, and see nothing else of /dev."""
    assert "50-camera.conf" in box.install("--camera").stdout
    assert "50-camera" not in box.install().stdout
    box.machine.path("/usr/local/lib/try_capture.py").write_text(CAPTURE, encoding="utf-8")
    unit, folder = "/run/systemd/system/try-capture.service", "/run/systemd/system/try-capture.service.d"
    box.machine.sh(
        "sed -e 's|^ExecStart=.*|ExecStart=/opt/edged/bin/python /usr/local/lib/try_capture.py|' -e 's/^Type=.*/Type=oneshot/' "
        "-e '/^Restart/d' -e '/^WatchdogSec/d' -e '/^ExecReload/d' -e '/Directory=/d' /usr/lib/systemd/system/edged.service "
        f">{unit}; mkdir -p {folder}; cp /etc/systemd/system/edged.service.d/50-camera.conf {folder}; systemctl daemon-reload"
    )
    done = box.machine.run("systemctl", "start", "try-capture", check=False)
    assert done.returncode == 0, box.machine.sh("journalctl -u try-capture -o cat --no-pager | tail -20")
    assert "removed" in box.install("--no-camera").stdout


def test_the_clock_tells_whether_it_is_set(box: Station) -> None:
    """Inside the sandbox the kernel refuses to say; the file of systemd-timesyncd does, and where that sets no clock, the drop-in."""
    assert box.status()["clock_synced"] is True
    box.machine.sh("rm /run/systemd/timesync/synchronized")
    assert box.status()["clock_synced"] is False
    box.machine.sh("touch /run/systemd/timesync/synchronized; systemctl disable -q systemd-timesyncd")
    assert "50-clock.conf" in box.install().stdout
    kernel = box.machine.run("python3", "-c", "import ctypes; print(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) != 5)")
    assert str(box.status()["clock_synced"]) == kernel.stdout.strip()
    box.machine.sh("systemctl enable -q systemd-timesyncd")
    assert "removed" in box.install().stdout
    assert box.status()["boot_id"] == box.machine.sh("cat /proc/sys/kernel/random/boot_id")


def test_a_kill_loses_nothing(box: Station) -> None:
    """SIGKILL in the middle of work: systemd starts it again, and every picture is read once."""
    before = box.restarts()
    box.drop_samples("before", 20)
    box.machine.sh("kill -9 $(systemctl show --value -p MainPID edged)")
    box.drop_samples("after", 10)
    box.restarted(before)
    box.all_read()


def test_a_picture_that_kills_the_reader_is_proven_guilty_inside_the_sandbox(box: Station) -> None:
    """The child that tries a suspect starts under the unit's limits, too."""
    box.override(Environment=f"PYTHONPATH={DOUBLES}/crashing_decoder", RestartSec="100ms")
    box.drop(f"(cat {SAMPLE}; printf EDGED-TEST-ABORT) >{INBOX}/poison.png", "poison.png")
    assert any("crashed the reader twice: SIGABRT" in reason for reason in box.reading("poison.png")["reasons"])


def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(box: Station) -> None:
    """`systemctl reload` returns when the new configuration reads; with a bad one it fails, and the old one goes on."""
    path, pid = box.machine.path(CONFIG), box.machine.property("MainPID")
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("/srv/edged/inbox}", "/srv/edged/inbox, unsure_below: 0.1}"), encoding="utf-8")
    box.machine.run("systemctl", "reload", "edged")
    digest = box.status()["config"]
    box.drop_samples("reloaded", 1)
    assert (box.reading("reloaded-0.png")["outcome"], box.reading("reloaded-0.png")["config"]) == ("ok", digest)
    path.write_text("version: 1\ndevice: [\n", encoding="utf-8")
    assert box.machine.run("systemctl", "reload", "edged", check=False).returncode != 0
    assert (box.status()["config"], box.machine.property("MainPID")) == (digest, pid)
    path.write_text(good, encoding="utf-8")
    box.machine.run("systemctl", "reload", "edged")
    box.all_read()


def test_metrics_are_written_as_soon_as_somebody_asks_for_them(box: Station) -> None:
    """What writes them is installed with the rest: one line in the configuration is all, and nothing is amiss."""
    path = box.machine.path(CONFIG)
    good = path.read_text(encoding="utf-8")
    path.write_text(f"{good}metrics: {{file: /run/edged/edged.prom}}\n", encoding="utf-8")
    box.machine.sh("systemctl restart edged")
    until(lambda: "edged_accepted_total" in box.machine.sh("cat /run/edged/edged.prom 2>/dev/null || true"), 60)
    assert box.status()["health"] == {"state": "ok", "reasons": []}
    path.write_text(good, encoding="utf-8")
    box.machine.sh("systemctl restart edged")


def test_a_bad_configuration_waits_for_a_person(box: Station) -> None:
    """Exit 78 is not started again; a crash would be. Corrected, it starts."""
    path = box.machine.path(CONFIG)
    good = path.read_text(encoding="utf-8")
    path.write_text("version: 1\ndevice: line 3\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="systemctl"):
        box.override(ExecStart=f"\nExecStart=/opt/edged/bin/edged run --strict -c {CONFIG}")
    assert (box.machine.property("ExecMainStatus"), box.machine.property("ActiveState"), box.restarts()) == ("78", "failed", 0)
    path.write_text(good, encoding="utf-8")
    box.machine.sh("systemctl start edged")


def test_it_stops_within_five_seconds(box: Station) -> None:
    """Asked to stop in the middle of work, it ends by itself before systemd would have killed it after 5 seconds."""
    box.override(TimeoutStopSec="5")
    box.drop_samples("stop", 20)
    box.machine.sh("systemctl stop edged")
    assert (box.machine.property("Result"), box.machine.property("ExecMainStatus")) == ("success", "0")
    box.machine.sh("systemctl start edged")
    box.all_read()


def test_the_watchdog_restarts_any_frozen_stage_and_an_absent_broker_is_none(box: Station) -> None:
    """Without a broker the daemon lives on; then each stage in turn stands still, and systemd starts edged again."""
    box.override(Environment=f"PYTHONPATH={DOUBLES}/freezing_stage", WatchdogSec="6", RestartSec="100ms")
    box.machine.sh("systemctl stop mosquitto")
    until(lambda: box.status()["uptime_seconds"] > 11, 120, "the limits passed")
    assert (box.restarts(), box.status()["health"]["state"]) == (0, "degraded")
    for stage in ("feed inbox", "openvino", "sink", "relay", "control", "status"):
        before = box.restarts()
        box.machine.sh(f"echo {stage} >/run/edged/freeze")
        box.drop_samples(stage.replace(" ", "-"), 1)
        box.restarted(before)
        worker = "recognise" if stage == "openvino" else stage
        journal = box.machine.journal(40)
        assert "Watchdog timeout" in journal, journal
        assert f"worker={worker}" in journal.replace('"', ""), journal
    box.machine.sh("systemctl start mosquitto")
    box.all_read()


@pytest.mark.parametrize("folder", ["inbox", "/inbox", "/home/alice/in", "/srv/edged/done", "/srv/with space/in", "/srv"])
def test_a_drop_folder_that_cannot_work_is_refused_before_anything_changes(box: Station, folder: str) -> None:
    """The script says what is wrong with the place and names a better one."""
    done = box.install("--inbox", folder, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"install: --inbox {folder}: ")
    assert done.stdout == ""


def test_another_drop_folder_is_inside_the_sandbox(box: Station) -> None:
    """`--inbox` opens the sandbox for the folder and those beside it, and the configuration follows."""
    assert "done (restart)" in box.install("--inbox", "/data/pictures/drop").stdout
    box.drop(f"umask 077; cp {SAMPLE} /data/pictures/drop/elsewhere.png", "elsewhere.png")
    assert box.reading("elsewhere.png")["text"] == "LOT A17-042"
    until(lambda: box.machine.sh("find /data/pictures/done -name '*elsewhere.png' | wc -l") == "1", 60)
    box.install("--inbox", INBOX)


def test_taking_it_off_keeps_data_until_it_is_purged(box: Station) -> None:
    """Uninstalled, configuration and data are there; purged, nothing is, but only after a yes."""
    box.install("--uninstall")
    gone = "/opt/edged /usr/lib/systemd/system/edged.service /usr/share/edged /run/edged /usr/local/bin/edged"
    kept = f"{CONFIG} /var/lib/edged/outbox.db /srv/edged/done"
    assert box.machine.sh(f"for one in {gone}; do [ ! -e $one ] || echo $one; done; ls /opt") == ""
    box.machine.sh(f"ls -d {kept}; id edged")
    asked = box.install("--uninstall", "--purge", check=False)
    assert (asked.returncode, "/var/lib/edged (" in asked.stdout) == (1, True)
    box.machine.sh(f"ls -d {kept}")
    box.install("--uninstall", "--purge", "--yes")
    assert box.machine.sh("ls -d /etc/edged /var/lib/edged /srv/edged 2>/dev/null || true; id edged 2>/dev/null || true") == ""
