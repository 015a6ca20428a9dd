"""The doctor's checks against real folders, databases and brokers."""

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from edged.doctor import broker, database, disk, events, folders
from edged.doctor.finding import Level
from edged.lib.filesystem import file_system
from tests.doubles.broker import Broker, Listener
from tests.doubles.cases import case, told, worst
from tests.doubles.readings import make_outbox
from tests.doubles.shelf import make_model
from tests.doubles.wait import until
from tests.integration.test_mqtt_faults import Certificates, passwords
from tests.unit.lib.test_x509 import made as certificate


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends what a test started, the last first."""
    with ExitStack() as made:
        yield made


def start(stack: ExitStack, made: Broker) -> Broker:
    stack.callback(made.stop)
    return made.start()


class TestFolders:
    def test_good_ones_are_proven_by_moving_through_them(self, tmp_path: Path) -> None:
        """Nothing is left behind, and nothing is made that is not there."""
        examined = case(tmp_path)
        found = list(folders.check(examined))
        assert worst(found) is Level.GOOD
        assert "to be made at the first start" in told(found, Level.GOOD)
        assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["inbox"]
        for role in ("work", "done", "failed"):
            (tmp_path / role / "inbox").mkdir(parents=True)
        assert "files can be moved from" in told(list(folders.check(examined)), Level.GOOD)
        assert list(tmp_path.rglob(".edged-probe*")) == []

    def test_a_missing_drop_folder_and_a_file_in_its_place_are_told(self, tmp_path: Path) -> None:
        """With the command that makes it."""
        examined = case(tmp_path)
        (tmp_path / "inbox").rmdir()
        assert "mkdir -p" in told(list(folders.check(examined)), Level.BAD)
        (tmp_path / "inbox").mkdir()
        (tmp_path / "work").write_text("")
        assert "work" in told(list(folders.check(examined)), Level.BAD)

    @pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
    def test_two_file_systems_are_told(self, tmp_path: Path) -> None:
        """A rename does not cross them."""
        examined = case(tmp_path, sources={"inbox": {"path": "inbox", "done": "/dev/shm/edged-doctor-test"}})
        assert "2 file systems" in told(list(folders.check(examined)), Level.BAD)

    def test_a_folder_whose_files_are_kept_is_only_read(self, tmp_path: Path) -> None:
        """A read-only share is well; no probe is written there, and no other folder is looked for."""
        examined = case(tmp_path, sources={"inbox": {"path": "inbox", "after": "keep"}})
        (tmp_path / "work").write_text("")
        found = [*folders.check(examined), *events.check(examined)]
        assert worst([finding for finding in found if "inotify" not in finding.text]) is Level.GOOD
        assert "can be read, and nothing is ever written there" in told(found, Level.GOOD)
        assert "no probe is written" in told(found, Level.GOOD)

    def test_what_is_deleted_needs_no_done_folder(self, tmp_path: Path) -> None:
        """Files are moved to work and failed only."""
        examined = case(tmp_path, sources={"inbox": {"path": "inbox", "after": "delete"}})
        for role in ("work", "failed"):
            (tmp_path / role / "inbox").mkdir(parents=True)
        assert f"from {tmp_path}/inbox to work, failed" in told(list(folders.check(examined)), Level.GOOD)

    def test_the_file_system_is_told(self, tmp_path: Path) -> None:
        """With how the folder is looked after there."""
        assert file_system(tmp_path).why in told(list(folders.check(case(tmp_path))), Level.GOOD)

    def test_a_folder_for_others_without_a_default_acl_is_doubtful(self, tmp_path: Path) -> None:
        """A dropper's umask would decide whether we may read."""
        examined = case(tmp_path)
        (tmp_path / "inbox").chmod(0o3777)
        found = list(folders.check(examined))
        assert "umask 077" in told(found, Level.DOUBT)
        assert "anybody may drop" in told(found, Level.DOUBT)


class TestEvents:
    @pytest.fixture(autouse=True)
    def _patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine that stands still for two seconds is no folder without events."""
        monkeypatch.setattr(events, "_SECONDS", 60.0)

    @pytest.mark.parametrize("ignore", [[".*"], []], ids=["a file that is ignored", "a folder where it would not be"])
    def test_a_probe_is_noticed_and_gone(self, tmp_path: Path, ignore: list[str]) -> None:
        """Timed by the kernel's own event; the folder is as it was."""
        found = list(events.check(case(tmp_path, sources={"inbox": {"path": "inbox", "ignore": ignore}})))
        assert "a probe was noticed after" in told(found, Level.GOOD)
        assert list((tmp_path / "inbox").iterdir()) == []

    def test_a_probe_that_a_daemon_would_take_is_a_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where hidden names are not ignored, a file would become a reading."""
        made: list[bool] = []
        drop = events._drop

        def seen(probe: Path, *, as_file: bool) -> None:
            made.append(as_file)
            drop(probe, as_file=as_file)

        monkeypatch.setattr(events, "_drop", seen)
        for ignore in ([".*"], ["*.tmp"]):
            list(events.check(case(tmp_path, sources={"inbox": {"path": "inbox", "ignore": ignore}})))
        assert made == [True, False]


class TestDisk:
    def test_room_and_syncs_are_measured(self, tmp_path: Path) -> None:
        """Beside the database to be, leaving nothing."""
        found = list(disk.check(case(tmp_path)))
        assert "a sync in" in "".join(finding.text for finding in found)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["edged.yaml", "inbox"]

    def test_a_budget_larger_than_the_disk_is_told(self, tmp_path: Path) -> None:
        """Before the disk is full."""
        found = list(disk.check(case(tmp_path, outbox={"max_bytes": 2**56})))
        assert "before the budget is used up" in told(found, Level.DOUBT)


class TestDatabase:
    def test_a_whole_one_is_looked_at_and_left_alone(self, tmp_path: Path) -> None:
        """Not a byte and not a name changes."""
        (tmp_path / "state").mkdir()
        outbox = make_outbox(tmp_path / "state")
        outbox.open()
        outbox.close()
        before = {p: p.read_bytes() for p in (tmp_path / "state").iterdir()}
        assert "is whole" in told(list(database.check(case(tmp_path))), Level.GOOD)
        assert {p: p.read_bytes() for p in (tmp_path / "state").iterdir()} == before

    def test_one_that_a_silent_process_holds_is_told_with_its_number(self, tmp_path: Path) -> None:
        """Nobody answers on the socket, but SQLite's lock is taken."""
        (tmp_path / "state").mkdir()
        path = tmp_path / "state" / "outbox.db"
        code = (
            f"import sqlite3\ndb = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
            "db.execute('PRAGMA locking_mode = EXCLUSIVE')\ndb.execute('CREATE TABLE t (a)')\nprint('held', flush=True)\ninput()"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout
            assert holder.stdin
            assert holder.stdout.readline() == "held\n"
            assert f"is held by process {holder.pid}" in told(list(database.check(case(tmp_path))), Level.BAD)
            holder.stdin.close()

    def test_a_log_of_a_crash_is_read_in_a_copy(self, tmp_path: Path) -> None:
        """Opening it would fold the log in; that is for the daemon."""
        (tmp_path / "state").mkdir()
        path = tmp_path / "state" / "outbox.db"
        with closing(sqlite3.connect(tmp_path / "made.db", isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("CREATE TABLE t (a)")
            for suffix in ("", "-wal"):
                shutil.copyfile(f"{tmp_path}/made.db{suffix}", f"{path}{suffix}")
        before = {p: p.read_bytes() for p in (tmp_path / "state").iterdir()}
        assert "with a log of a crash" in told(list(database.check(case(tmp_path))), Level.GOOD)
        assert {p: p.read_bytes() for p in (tmp_path / "state").iterdir()} == before

    def test_damage_and_a_newer_schema_are_told(self, tmp_path: Path) -> None:
        """With what to do, and without touching it."""
        (tmp_path / "state").mkdir()
        path = tmp_path / "state" / "outbox.db"
        path.write_bytes(b"no database" * 1000)
        damage = told(list(database.check(case(tmp_path))), Level.BAD)
        assert "is damaged" in damage
        assert "the next start sets the database aside" in damage
        path.unlink()
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")
        assert "newer edged" in told(list(database.check(case(tmp_path))), Level.BAD)


class TestBroker:
    def mqtt(self, made: Broker, **more: object) -> dict[str, object]:
        return {"mqtt": {"host": "127.0.0.1", "port": made.port, **more}}

    def test_a_good_one_is_used_and_left_as_it_was(self, tmp_path: Path, stack: ExitStack) -> None:
        """Every probe is JSON, none lies on a topic of a source, and no retained message stays."""
        made = start(stack, Broker(tmp_path))
        listener = Listener(made.port)
        stack.callback(listener.close)
        found = list(broker.check(case(tmp_path, **self.mqtt(made))))
        assert worst(found) is Level.GOOD
        assert "brings it back" in told(found, Level.GOOD)
        assert "somebody listens" in told(found, Level.GOOD)
        assert "keeps retained messages" in told(found, Level.GOOD)
        listener.until(lambda it: len(it.messages) >= 3)
        assert [json.loads(message.payload)["schema"] for message in listener.messages] == ["edged.probe/1"] * 3
        assert {message.topic.rsplit("/", 1)[1] for message in listener.messages} == {"doctor"}

        def nothing_stays() -> bool:
            with closing(Listener(made.port)) as late:
                return not late.messages

        until(nothing_stays)

    def test_nothing_like_a_reading_is_sent_where_a_daemon_has_proven_itself(self, tmp_path: Path, stack: ExitStack) -> None:
        """Subscribers of readings see nothing of the doctor."""
        made = start(stack, Broker(tmp_path))
        listener = Listener(made.port)
        stack.callback(listener.close)
        daemon = {"broker": {"connected": True, "refused": [], "sent": 3}}
        assert worst(list(broker.check(case(tmp_path, daemon=daemon, **self.mqtt(made))))) is Level.GOOD
        listener.until(lambda it: len(it.messages) >= 2)
        assert {message.topic for message in listener.messages} == {"edged/box/event/doctor"}

    @pytest.mark.parametrize("protocol", ["5", "3.1.1"])
    def test_an_access_list_is_found_out(self, tmp_path: Path, stack: ExitStack, protocol: str) -> None:
        """MQTT 5 names the refusal; with 3.1.1 it cannot be told, and that is said."""
        acl = tmp_path / "acl"
        acl.write_text("topic readwrite other/#\n")
        made = start(stack, Broker(tmp_path, f"allow_anonymous true\nacl_file {acl}"))
        found = list(broker.check(case(tmp_path, **self.mqtt(made, protocol=protocol))))
        if protocol == "5":
            assert "edged/box/read/doctor: not_authorized" in told(found, Level.BAD)
        else:
            assert "cannot be told" in told(found, Level.DOUBT)

    def test_a_daemon_that_sends_speaks_against_a_refused_probe(self, tmp_path: Path, stack: ExitStack) -> None:
        """An access list may name each topic; then probes are refused, and the daemon's topics are not."""
        acl = tmp_path / "acl"
        acl.write_text("topic readwrite other/#\n")
        made = start(stack, Broker(tmp_path, f"allow_anonymous true\nacl_file {acl}"))
        daemon = {"broker": {"connected": True, "refused": [], "sent": 3}}
        assert worst(list(broker.check(case(tmp_path, daemon=daemon, **self.mqtt(made))))) is Level.DOUBT

    def test_limits_are_told(self, tmp_path: Path, stack: ExitStack) -> None:
        """Small packets, and no retained messages."""
        made = start(stack, Broker(tmp_path, "allow_anonymous true\nmax_packet_size 2000\nretain_available false"))
        doubts = told(list(broker.check(case(tmp_path, **self.mqtt(made)))), Level.DOUBT)
        assert "at most 2000 bytes" in doubts
        assert "keeps no retained messages" in doubts

    def test_a_wrong_password_is_told(self, tmp_path: Path, stack: ExitStack) -> None:
        """As the daemon would be told."""
        made = start(stack, Broker(tmp_path, passwords(tmp_path, edged="right")))
        (tmp_path / "password").write_text("wrong\n")
        found = list(broker.check(case(tmp_path, **self.mqtt(made, username="edged", password_file="password"))))
        assert "refuses the connection" in told(found, Level.BAD)

    def test_nobody_there_is_told_at_once(self, tmp_path: Path) -> None:
        """A port without a broker, and a name without an address."""
        made = Broker(tmp_path)
        assert "start the broker" in told(list(broker.check(case(tmp_path, **self.mqtt(made)))), Level.BAD)
        found = list(broker.check(case(tmp_path, mqtt={"host": "no-such-host.invalid"})))
        assert "check mqtt.host" in told(found, Level.BAD)

    def test_a_certificate_that_ends_soon_is_told(self, tmp_path: Path, stack: ExitStack) -> None:
        """Its last day, before it comes; and a missing authority as what it is."""
        certificates = Certificates(tmp_path)
        listener = certificates.listener.replace("require_certificate true\nuse_identity_as_username true", "")
        made = start(stack, Broker(tmp_path, listener=listener))
        found = list(broker.check(case(tmp_path, **self.mqtt(made, tls={"ca_file": "ca.pem"}))))
        assert "its certificate is good until" in told(found, Level.DOUBT)
        assert "greets us" in told(found, Level.GOOD)
        missing = list(broker.check(case(tmp_path, **self.mqtt(made, tls={"ca_file": "nowhere.pem"}))))
        assert "password or certificate" in told(missing, Level.BAD)

    @pytest.mark.parametrize(
        ("days", "level", "says"), [(-1, Level.BAD, "ended on"), (3, Level.DOUBT, "is good until"), (90, Level.GOOD, "is good until")]
    )
    def test_our_own_certificate_is_looked_at_too(self, tmp_path: Path, days: int, level: Level, says: str) -> None:
        """A broker says no more than that it does not want us."""
        end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        (tmp_path / "own.pem").write_text(certificate(tmp_path, f"{end:%Y%m%d%H%M%SZ}"))
        tls = {"cert_file": "own.pem", "key_file": "k"}
        found = list(broker.check(case(tmp_path, mqtt={"host": "127.0.0.1", "port": 1, "tls": tls})))
        assert f"client certificate {tmp_path}/own.pem {says}" in told(found, level)


def test_a_model_that_the_runtime_refuses_is_told(tmp_path: Path) -> None:
    """With its remedy, and nothing after it is left out."""
    from edged.doctor.examine import examine

    make_model(tmp_path / "shelf" / "crnn-zh-en")
    found = dict(examine(case(tmp_path, models_dir="shelf", mqtt={"port": 1})))
    assert "refuses the model" in told(found["model"], Level.BAD)
    assert list(found)[-1] == "limits"
