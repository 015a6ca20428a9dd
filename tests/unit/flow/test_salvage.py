"""A damaged database: set aside unchanged, and a new one made of all that can be read."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edged.flow.memory import KeptFile, Mark
from edged.flow.outbox import Outbox
from edged.flow.outbox.carve import Record
from edged.flow.outbox.rebuild import take_over
from edged.flow.outbox.record import holds_readings
from edged.flow.outbox.schema import PAGE_BYTES, migrate, newest, schema
from edged.flow.outbox.seal import DamagedPayload, seal, unpack, unseal
from edged.types import RowState, SourceName
from tests.contracts.message_store_contract import NOW, balanced
from tests.doubles.readings import frame_id, make_outbox, reading
from tests.unit.flow.test_relay import Rig

INBOX = SourceName("inbox")


def opened(folder: Path) -> Outbox:
    outbox = make_outbox(folder)
    outbox.open()
    return outbox


def crash(outbox: Outbox, folder: Path) -> Path:
    """Where its files lie as a crash leaves them now; the outbox itself is closed."""
    place = folder / "crashed"
    place.mkdir()
    for name in ("outbox.db", "outbox.db-wal"):
        shutil.copyfile(folder / name, place / name)
    outbox.close()
    return place


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A database with rows in all states, closed."""
    outbox = opened(tmp_path)
    outbox.add([reading(n) for n in range(1, 101)])
    outbox.accept(range(1, 41))
    outbox.filed([frame_id(n) for n in range(1, 41)])
    outbox.reject(50, "too large")
    outbox.close()
    return tmp_path / "outbox.db"


def spoil_header(path: Path) -> None:
    """Nothing in it is reached by SQL any more."""
    with path.open("r+b") as file:
        file.write(b"\xff" * 16)


class TestSeal:
    SEALED = seal(b'{"a": 1}', seq=7, id=frame_id(7), source=INBOX)

    def test_it_comes_back(self) -> None:
        """Sealed and unsealed it is the same."""
        assert unseal(self.SEALED, seq=7, id=frame_id(7), source=INBOX) == unpack(self.SEALED) == b'{"a": 1}'

    @pytest.mark.parametrize(("seq", "number", "source"), [(8, 7, "inbox"), (7, 8, "inbox"), (7, 7, "other")])
    def test_it_belongs_to_its_row(self, seq: int, number: int, source: str) -> None:
        """Under another number, id or source it is damaged."""
        with pytest.raises(DamagedPayload):
            unseal(self.SEALED, seq=seq, id=frame_id(number), source=SourceName(source))

    def test_every_flipped_bit_is_found(self) -> None:
        """Each single one, wherever it is."""
        for bit in range(8 * len(self.SEALED)):
            data = bytearray(self.SEALED)
            data[bit // 8] ^= 1 << bit % 8
            with pytest.raises(DamagedPayload):
                unseal(bytes(data), seq=7, id=frame_id(7), source=INBOX)

    def test_a_payload_of_the_first_schema_is_taken_as_it_is(self) -> None:
        """Rows of an older edged are still delivered, under their own number only."""
        old = b'{"schema":"edged.reading/1","id":"%b","seq":7,"epoch":"e"}' % frame_id(7).encode()
        assert unseal(old, seq=7, id=frame_id(7), source=INBOX) == old
        with pytest.raises(DamagedPayload):
            unseal(old, seq=8, id=frame_id(7), source=INBOX)


def test_a_damaged_payload_is_a_dead_letter_and_holds_up_nobody(tmp_path: Path) -> None:
    """It is never published; its neighbours are, and the operator is told."""
    rig = Rig(tmp_path)
    rig.outbox.add([reading(n) for n in (1, 2, 3)])
    with rig.outbox._database.transaction() as db:
        db.execute("UPDATE payload SET body = CAST(substr(body, 1, 30) || x'00' || substr(body, 32) AS BLOB) WHERE seq = 2")
    rig.relay.notify()
    for _ in range(10):
        rig.relay.step()
        rig.clock.advance(0.5)
    read = [message for message in rig.publisher.published if "/read/" in message.topic]
    assert [dict(message.properties)["seq"] for message in read] == ["1", "3"]
    (letter,) = rig.outbox.dead()
    assert letter.seq == 2
    assert "damaged on the disk" in letter.reason
    assert [m.topic for m in rig.publisher.published if "/event/" in m.topic] == ["edged/line3/event/dead_letter"]
    assert rig.outbox.retry() == 1
    assert balanced(rig.outbox)
    rig.outbox.close()


def test_rows_keep_their_states_and_the_epoch_goes_on(closed: Path) -> None:
    """Where nothing is missing, it is as if nothing had happened."""
    before = opened(closed.parent)
    stats, due = before.stats(), before.due(200, NOW)
    before.close()
    spoil_header(closed)
    damaged = closed.read_bytes()
    outbox = opened(closed.parent)
    assert outbox.salvaged
    assert not outbox.salvaged.new_epoch
    assert (outbox.stats().epoch, outbox.stats().sent, outbox.stats().dead, outbox.due(200, NOW)) == (stats.epoch, 40, 1, due)
    assert closed.with_name(outbox.salvaged.set_aside).read_bytes() == damaged
    assert [row.seq for row in outbox.add([reading(101)])] == [101]
    outbox.close()


def spoil_one_page(path: Path) -> None:
    """Readings cannot be listed by SQL any more, all other tables can."""
    data = bytearray(path.read_bytes())
    page = next(at for at in range(PAGE_BYTES, len(data), PAGE_BYTES) if holds_readings(bytes(data[at : at + PAGE_BYTES])))
    data[page + 1 : page + 8] = b"\xff" * 7
    path.write_bytes(data)
    path.with_name("outbox.db.suspect").touch()


@pytest.mark.parametrize("spoil", [spoil_header, spoil_one_page])
def test_what_was_agreed_with_consumers_folders_and_broker_goes_on(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Confirmations that are awaited, a replay under way, retained topics, and which files were read already."""
    outbox = opened(tmp_path)
    outbox.add([reading(n) for n in range(1, 101)])
    outbox.accept(range(1, 61), again=NOW + 300)
    outbox.sent_again([7], NOW, 60, 3600)
    span = outbox.begin_replay(first=30)
    topics = [f"edged/line3/field/inbox/{'x' * (n % 70)}{n}" for n in range(100)]
    outbox.remember(topics)
    files = [
        KeptFile(path=f"{'d' * (n % 60)}/{n}.jpg", mark=Mark(f"{n}:1", f"{n}:2"), sha256=f"{n:064x}", id=frame_id(n)) for n in range(1, 101)
    ]
    for file in [*files, KeptFile(path="unreadable", mark=Mark("1:1", "1:1"), sha256=None, id=frame_id(200), attempt=3)]:
        outbox.kept.claim(INBOX, file)
        outbox.contents.remember(INBOX, file.sha256 or "00" * 32, file.id, NOW)
    outbox.filed([file.id for file in files])
    outbox.close()
    spoil(tmp_path / "outbox.db")
    again = opened(tmp_path)
    assert again.salvaged
    assert again.stats().unconfirmed == 60
    assert [row.seq for row in again.overdue(1, NOW + 120, 3600)] == [7]
    assert again.replay() == span
    assert again.retained() == set(topics)
    assert again.kept.fresh(INBOX, [(file.path, file.mark) for file in files]) == set()
    assert again.kept.claims(INBOX) == [KeptFile(path="unreadable", mark=Mark("1:1", "1:1"), sha256=None, id=frame_id(200), attempt=3)]
    assert [again.contents.first(INBOX, f"{n:064x}", NOW, 60) for n in (1, 100)] == [frame_id(1), frame_id(100)]
    again.close()


def test_a_log_is_set_aside_with_its_database(closed: Path) -> None:
    """What is not folded in yet is saved, too, and neither file is changed."""
    outbox = opened(closed.parent)
    outbox.add([reading(n) for n in range(101, 111)])
    place = crash(outbox, closed.parent)
    spoil_header(place / "outbox.db")
    before = {name: (place / name).read_bytes() for name in ("outbox.db", "outbox.db-wal")}
    again = opened(place)
    assert again.salvaged
    assert [row.seq for row in again.due(200, NOW)] == [n for n in range(41, 111) if n != 50]
    assert (place / again.salvaged.set_aside).read_bytes() == before["outbox.db"]
    assert (place / f"{again.salvaged.set_aside}-wal").read_bytes() == before["outbox.db-wal"]
    again.close()


@pytest.mark.parametrize("left", [512, 1024, 1536, PAGE_BYTES])
def test_a_first_page_that_a_power_cut_tore_costs_nothing(tmp_path: Path, left: int) -> None:
    """The log was synced before it was folded in: it holds the page, and says how large pages are."""
    outbox = opened(tmp_path)
    epoch = outbox.stats().epoch
    outbox.add([reading(n) for n in (1, 2, 3)])
    place = crash(outbox, tmp_path)
    os.truncate(place / "outbox.db", left)
    again = opened(place)
    assert (again.stats().readings, again.stats().epoch) == (3, epoch)
    assert [row.id for row in again.due(10, NOW)] == [frame_id(n) for n in (1, 2, 3)]
    again.close()


@pytest.mark.parametrize("then", ["claims only", "a reading"])
@pytest.mark.parametrize("torn", [0, 512])
def test_claims_that_a_power_cut_tore_are_no_damage(tmp_path: Path, then: str, torn: int) -> None:
    """They are not synced: any of them may be missing, also one before others, or before the commit that was being synced."""
    outbox = opened(tmp_path)
    epoch = outbox.stats().epoch
    outbox.add([reading(1)])
    before = (tmp_path / "outbox.db-wal").stat().st_size
    for number in range(2, 5):
        outbox.kept.claim(INBOX, KeptFile(path=f"{number}.jpg", mark=Mark("1:1", "1:1"), sha256="ab" * 32, id=frame_id(number)))
    if then == "a reading":
        outbox.add([reading(2)])
    place = crash(outbox, tmp_path)
    with (place / "outbox.db-wal").open("r+b") as log:
        log.seek(before + 24 + torn)
        log.write(bytes(PAGE_BYTES - torn))
    again = opened(place)
    assert again.salvaged is None
    assert (again.stats().epoch, again.stats().readings, again.kept.claims(INBOX)) == (epoch, 1, [])
    again.close()


@pytest.mark.parametrize("at", [0, 4, 8, 12, 16, 20, 24, 500])
def test_a_bit_that_flips_anywhere_in_a_frame_ends_no_log(tmp_path: Path, at: int) -> None:
    """Page, size, salts, checksum or content: SQLite would leave out all that follows, and its seq be given again."""
    outbox = opened(tmp_path)
    outbox.add([reading(1)])
    before = (tmp_path / "outbox.db-wal").stat().st_size
    for number in range(2, 5):
        outbox.add([reading(number)])
    place = crash(outbox, tmp_path)
    data = bytearray((place / "outbox.db-wal").read_bytes())
    data[before + at] ^= 1
    (place / "outbox.db-wal").write_bytes(data)
    again = opened(place)
    assert again.salvaged
    assert {row.id for row in again.due(10, NOW)} == {frame_id(number) for number in range(1, 5)}
    again.close()


def test_a_commit_that_was_synced_is_missed_whatever_was_torn_before(tmp_path: Path) -> None:
    """A claim is durable with the first reading after it: then it cannot be torn, and what follows would be lost with it."""
    outbox = opened(tmp_path)
    before = (tmp_path / "outbox.db-wal").stat().st_size
    outbox.kept.claim(INBOX, KeptFile(path="1.jpg", mark=Mark("1:1", "1:1"), sha256="ab" * 32, id=frame_id(1)))
    outbox.add([reading(1)])
    outbox.accept([1])
    place = crash(outbox, tmp_path)
    with (place / "outbox.db-wal").open("r+b") as log:
        log.seek(before + 24 + 512)
        log.write(b"\xff")
    again = opened(place)
    assert again.salvaged
    assert again.find(frame_id(1))
    again.close()


def test_when_the_newest_rows_may_be_lost_a_new_epoch_begins(closed: Path) -> None:
    """No seq is given twice under one epoch; rows from before keep theirs, through another restart, too."""
    before = opened(closed.parent)
    epoch = before.stats().epoch
    before.close()
    os.truncate(closed, closed.stat().st_size - 4 * PAGE_BYTES)
    outbox = opened(closed.parent)
    assert outbox.salvaged
    assert outbox.salvaged.new_epoch
    assert outbox.stats().epoch != epoch
    (new,) = outbox.add([reading(500)])
    outbox.close()
    again = opened(closed.parent)
    epochs = {row.seq: row.epoch for row in again.due(200, NOW)}
    assert epochs.pop(new.seq) == again.stats().epoch
    assert set(epochs.values()) == {epoch}
    assert balanced(again)
    again.close()


@pytest.mark.parametrize("spoil", ["payload SET body = x'01'", "reading SET outcome = 'nonsense'"], ids=["payload", "row"])
def test_the_epoch_goes_on_only_where_row_and_payload_agree_on_the_newest(closed: Path, spoil: str) -> None:
    """What one of them lost the other may have lost, too: nobody knows that there was nothing newer."""
    outbox = opened(closed.parent)
    epoch = outbox.stats().epoch
    with outbox._database.transaction() as db:
        db.execute(f"UPDATE {spoil} WHERE seq = 100")
    outbox.close()
    spoil_header(closed)
    again = opened(closed.parent)
    assert again.salvaged
    assert again.salvaged.new_epoch
    assert again.stats().epoch != epoch
    assert again.stats().readings == 100
    again.close()


def test_a_page_that_is_gone_may_have_held_the_newest(closed: Path) -> None:
    """Rows and payloads that agree prove nothing of what stood there."""
    outbox = opened(closed.parent)
    outbox.remember([f"edged/line3/source/{number}" for number in range(1000)])  # the last pages have none of either
    outbox.close()
    os.truncate(closed, closed.stat().st_size - PAGE_BYTES)
    again = opened(closed.parent)
    assert again.salvaged
    assert (again.salvaged.readings, again.salvaged.damaged, again.salvaged.new_epoch) == (100, 0, True)
    again.close()


def test_a_commit_that_is_gone_from_the_log_may_have_held_the_newest(closed: Path) -> None:
    """The one that was damaged is not read, nor any that follow it."""
    outbox = opened(closed.parent)
    for seq in (60, 61, 62):
        outbox.accept([seq])
    place = closed.parent / "crashed"
    place.mkdir()
    for name in ("outbox.db", "outbox.db-wal"):
        shutil.copyfile(closed.with_name(name), place / name)
    outbox.close()
    with (place / "outbox.db-wal").open("r+b") as file:
        file.seek(32 + 24 + 100)  # in the page of the first frame
        file.write(b"\xff" * 16)
    again = opened(place)
    assert again.salvaged
    assert (again.salvaged.readings, again.salvaged.damaged, again.salvaged.new_epoch) == (100, 0, True)
    again.close()


def test_a_row_whose_payload_is_lost_is_known_by_name(closed: Path) -> None:
    """The operator sees id and source of what cannot be delivered any more."""
    outbox = opened(closed.parent)
    with outbox._database.transaction() as db:
        db.execute("UPDATE payload SET body = x'01' WHERE seq IN (5, 60)")
    outbox.close()
    spoil_header(closed)
    again = opened(closed.parent)
    assert [(letter.seq, letter.id) for letter in again.dead()] == [(60, frame_id(60)), (50, frame_id(50))]
    assert again.stats().sent == 40
    assert again.salvaged
    assert again.salvaged.damaged == 2
    again.close()


def test_damage_met_while_it_runs_is_looked_for_at_the_next_start(closed: Path) -> None:
    """After a clean end nobody looks; what a read then meets ends the process, and the next start salvages."""
    data = bytearray(closed.read_bytes())
    first = next(at for at in range(PAGE_BYTES, len(data), PAGE_BYTES) if data[at] == 0x0D and b"ppocr" not in data[at : at + PAGE_BYTES])
    data[first : first + 8] = b"\xff" * 8
    closed.write_bytes(data)
    outbox = make_outbox(closed.parent)
    try:
        outbox.open()
        outbox.due(200, NOW)
    except Exception:  # noqa: BLE001 - which one depends on what the page held
        outbox._database._db = None
    assert closed.with_name("outbox.db.suspect").exists() or outbox.salvaged


@pytest.mark.parametrize("fails_at", [0, 1, 2, 3])
def test_a_salvage_that_is_interrupted_is_finished(closed: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    """Whatever rename a power cut comes before, the next start goes on there."""
    spoil_header(closed)
    damaged = closed.read_bytes()
    calls = 0
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        nonlocal calls
        if calls == fails_at:
            raise KeyboardInterrupt
        calls += 1
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(closed.parent)
    monkeypatch.undo()
    outbox = opened(closed.parent)
    assert outbox.stats().pending == 59
    (aside,) = closed.parent.glob("outbox.db.damaged-*")
    assert aside.read_bytes() == damaged
    assert sorted(path.name for path in closed.parent.iterdir()) == sorted([aside.name, "outbox.db", "outbox.db-wal"])
    outbox.close()


def test_each_step_of_a_salvage_is_durable_before_what_builds_on_it(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new content before its name, that name before the old files go, and the last one before anything is committed."""
    steps: list[str] = []
    rename = Path.rename

    def renamed(path: Path, target: Path) -> Path:
        done = rename(path, target)
        steps.append(target.name)
        return done

    spoil_header(closed)
    monkeypatch.setattr(Path, "rename", renamed)
    monkeypatch.setattr(os, "fsync", lambda number: steps.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"))
    outbox = opened(closed.parent)
    assert outbox.salvaged
    assert steps == ["file", "outbox.db.salvaged", "folder", outbox.salvaged.set_aside, "outbox.db", "folder"]
    outbox.close()


def test_a_row_that_no_table_takes_keeps_none_of_its_neighbours_out(tmp_path: Path) -> None:
    """Rows are inserted many at once, and one with a value that its column never has is left out alone."""
    state = (0, 0, 0.0, "", NOW)
    rows = [(None, frame_id(n), "inbox", "ok", "[]", "sent", *state) for n in range(1, 6)]
    rows[2] = (None, b"a blob", *rows[2][2:])
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as db:
        migrate(db, tmp_path / "new.db")
        take_over(db, iter([Record(n, row) for n, row in enumerate(rows, 1)]))
        assert [seq for (seq,) in db.execute("SELECT seq FROM reading")] == [1, 2, 4, 5]


def test_what_is_not_pending_any_more_wins(tmp_path: Path) -> None:
    """A page may be left over from before the row was sent, wherever it lies."""
    pending, sent = ((None, frame_id(1), "inbox", "ok", "[]", state, 0, 0, 0.0, "", NOW) for state in ("pending", "sent"))
    for number, order in enumerate([(pending, sent), (sent, pending)]):
        with closing(sqlite3.connect(tmp_path / f"{number}.db", isolation_level=None)) as db:
            migrate(db, tmp_path / "new.db")
            take_over(db, (Record(1, row) for row in order))
            assert db.execute("SELECT state FROM reading").fetchall() == [("sent",)]


def test_a_salvaged_database_has_all_tables_and_indexes(closed: Path) -> None:
    """Word for word: else the next look at it would call it damaged."""
    spoil_header(closed)
    opened(closed.parent).close()
    with closing(sqlite3.connect(closed)) as db:
        assert schema(db) == newest()


def test_somebody_is_told_until_the_damaged_file_is_moved_away(closed: Path) -> None:
    """Through restarts, and without one once it is gone."""
    spoil_header(closed)
    opened(closed.parent).close()
    outbox = opened(closed.parent)
    assert outbox.salvaged is None
    (told,) = outbox.room().told
    assert "100 readings saved" in told
    (aside,) = closed.parent.glob("outbox.db.damaged-*")
    aside.rename(closed.parent / "kept")
    outbox.tidy()
    assert outbox.room().told == ()
    outbox.close()


def test_what_is_left_of_nothing_is_a_new_database(tmp_path: Path) -> None:
    """Garbage alone begins a new epoch and keeps nobody from working."""
    (tmp_path / "outbox.db").write_bytes(os.urandom(50_000))
    outbox = opened(tmp_path)
    assert outbox.stats().readings == 0
    assert outbox.add([reading(1)])[0].seq == 1
    outbox.close()


def test_states_are_words_that_the_salvage_knows() -> None:
    """A state that is added later must be looked at there: what is not pending wins."""
    assert set(RowState) == {RowState.PENDING, RowState.SENT, RowState.CONFIRMED, RowState.DEAD}
