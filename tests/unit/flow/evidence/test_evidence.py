"""Whose pictures are kept, where, and what happens where they cannot be."""

import errno
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.annotate import State, lettering, restored, snapshot
from edged.annotate.canvas import COLOURS
from edged.config import Config
from edged.flow.evidence import EvidenceWorker, albums
from edged.flow.evidence.album import places
from edged.flow.evidence.drawn import drawn
from edged.flow.evidence.wanted import wanted
from edged.flow.evidence.worker import BYTES, WAITING
from edged.flow.folder.days import Days
from edged.flow.folder.retention import RetentionWorker
from edged.link import Message
from edged.types import Exhibit, Outcome, Reading, SourceName
from tests.doubles.clock import FakeClock
from tests.doubles.readings import frame_id, reading
from tests.doubles.wait import until

INBOX = SourceName("inbox")
UNSURE = reading(outcome=Outcome.UNSURE, reasons=("confidence 0.5 < 0.8",))


def config(state: Path, **evidence: Any) -> Config:
    source = {"kind": "folder", "path": Path("/srv/inbox"), "evidence": evidence}
    return Config.model_validate({"version": 1, "device": "line3", "state_dir": state, "sources": {"inbox": source}})


def exhibit(given: Reading = UNSURE, picture: bytes | None = None) -> Exhibit:
    return Exhibit(reading=given, seq=7, looked=(), picture=picture)


class Bench:
    """An evidence worker whose disk does what the test says."""

    def __init__(self, state: Path, **evidence: Any) -> None:
        self.config, self.clock, self.told = config(state, **evidence), FakeClock(), list[Message]()
        self.albums = albums(self.config)
        self.room = 2**40
        for album in self.albums.values():
            album._free = lambda _: self.room
        self.worker = EvidenceWorker(self.config, self.albums, self.told.append, self.clock)

    def show(self, *exhibits: Exhibit) -> None:
        """Offer these, and let the worker end when it has drawn them."""
        for one in exhibits:
            self.worker.offer(one)
        stop = threading.Event()
        stop.set()
        self.worker.run(stop, lambda: None)

    @property
    def files(self) -> list[Path]:
        return sorted(self.albums[INBOX].root.rglob("*.jpg"))


@pytest.mark.parametrize(
    ("changes", "among"),
    [
        ({}, {"all"}),
        ({"outcome": Outcome.UNSURE}, {"all", "unsure"}),
        ({"outcome": Outcome.REJECTED, "reasons": ("blur",)}, {"all", "unsure", "failed"}),
        ({"outcome": Outcome.FAILED}, {"all", "unsure", "failed"}),
        ({"verdict": "pass"}, {"all"}),
        ({"verdict": "fail"}, {"all", "unsure", "failed"}),
        ({"outcome": Outcome.REJECTED, "reasons": ("duplicate of 1",)}, set()),
    ],
)  # fmt: skip
def test_whose_picture_is_asked_for(changes: dict[str, Any], among: set[str]) -> None:
    """What is read and is not what was expected has failed; a skipped duplicate has no picture of its own."""
    assert {which for which in ("none", "failed", "unsure", "all") if wanted(reading(**changes), which)} == among  # type: ignore[arg-type]


def test_a_box_lies_where_the_text_is_in_the_small_copy(tmp_path: Path) -> None:
    """The reading's boxes are those of the frame, whatever size the copy has."""
    frame = np.full((3000, 4000, 3), 128, np.uint8)
    found = replace(reading().lines[0], box=((1000, 1500), (3000, 1500), (3000, 1700), (1000, 1700)))
    given = reading(lines=(found,), origin=replace(reading().origin, width=4000, height=3000))
    image = drawn(exhibit(given, snapshot(frame)), 0.8, lettering().lettering)
    assert image.shape[1] == 1280
    green = np.argwhere((np.abs(image[:900].astype(int) - COLOURS[State.OK]) < 30).all(axis=2))
    box = green[green[:, 0] > 475]  # the label stands above
    assert np.abs(box.min(axis=0) - (480, 320)).max() < 6
    assert np.abs(box.max(axis=0) - (544, 960)).max() < 6


def test_a_dense_page_shows_its_doubtful_texts_first(tmp_path: Path) -> None:
    """And no picture as high as a thousand lines: this one would take hundreds of megabytes."""
    sure = reading().lines[0]
    lines = [replace(sure, box=((0, y), (1000, y), (1000, y + 9), (0, y + 9))) for y in range(1000)]
    lines[-1] = replace(lines[-1], doubts=("blur",))
    picture = snapshot(np.full((1000, 1000, 3), 128, np.uint8))
    given = reading(lines=tuple(lines), origin=replace(reading().origin, width=1000, height=1000))
    image = drawn(exhibit(given, picture), 0.8, lettering().lettering)
    assert image.shape[0] < 6000
    near = np.abs(image.astype(int) - COLOURS[State.UNSURE]) < 30
    assert near.all(axis=2)[900:1000].any()


def test_what_could_not_be_decoded_shows_its_reasons(tmp_path: Path) -> None:
    """An operator who looks at the last picture is not shown one of before."""
    image = drawn(exhibit(reading(outcome=Outcome.FAILED, reasons=("an empty file",), lines=())), 0.8, lettering().lettering)
    assert (image == COLOURS[State.NOT_READ]).all(axis=2).any()


def test_a_picture_is_kept_by_its_day_and_id_and_a_small_one_told(tmp_path: Path) -> None:
    """Only who runs edged, and its group, may look; the picture for the broker says what it is, and for how long it is true."""
    bench = Bench(tmp_path, keep="unsure", image="all")
    picture = snapshot(np.full((480, 640, 3), 200, np.uint8))
    bench.show(exhibit(picture=picture), exhibit(reading(2), picture))
    (file,) = bench.files
    assert file == tmp_path / "evidence/inbox/2026-11-22" / f"{UNSURE.id}.jpg"
    assert (file.stat().st_mode & 0o777, cv2.imread(str(file)).shape[1]) == (0o640, 640)
    assert [(m.topic, m.retain, m.content_type, m.expiry_seconds) for m in bench.told] == [
        ("edged/line3/image/inbox", False, "image/jpeg", 10)
    ] * 2
    assert restored(bench.told[0].payload).shape[1] <= 640
    counts = bench.worker.counts()[INBOX]
    assert (counts.kept, counts.dropped, counts.bytes) == (1, 0, file.stat().st_size)


def test_a_retained_picture_does_not_grow_old(tmp_path: Path) -> None:
    """Who looks an hour later sees the last one."""
    bench = Bench(tmp_path, image="failed", image_retained=True)
    bench.show(exhibit(), exhibit(reading(outcome=Outcome.FAILED)))
    assert [(m.retain, m.expiry_seconds) for m in bench.told] == [(True, None)]
    assert bench.files == []


def test_nobody_waits_for_evidence(tmp_path: Path) -> None:
    """What does not fit is dropped and counted; what nobody asked for does not even take room."""
    bench = Bench(tmp_path, keep="unsure")
    for number in range(WAITING + 5):
        bench.worker.offer(exhibit(reading(number)))
    for number in range(WAITING + 5):
        bench.worker.offer(exhibit(replace(UNSURE, id=frame_id(number))))
    assert bench.worker.counts()[INBOX].dropped == 5
    bench.show()
    assert len(bench.files) == WAITING


def test_what_waits_is_bounded_in_bytes(tmp_path: Path) -> None:
    """Pages are larger than lines; and there is room again once they are drawn."""
    bench = Bench(tmp_path, keep="unsure")
    page = b"x" * (BYTES // 4)
    for number in range(6):
        bench.worker.offer(exhibit(replace(UNSURE, id=frame_id(number)), page))
    assert bench.worker.counts()[INBOX].dropped == 2
    bench.show()
    assert bench.worker.counts()[INBOX].dropped == 6  # none of these can be drawn
    bench.show(exhibit(picture=snapshot(np.zeros((9, 9, 3), np.uint8))))
    assert len(bench.files) == 1


def test_a_full_disk_is_told_and_goes_by(tmp_path: Path) -> None:
    """Health says so with a remedy, readings go on, and once there is room it is well again without a new picture."""
    bench = Bench(tmp_path, keep="all", image="all")
    bench.room = 2**20
    bench.show(exhibit(), exhibit())
    assert (bench.files, bench.worker.counts()[INBOX].dropped, len(bench.told)) == ([], 2, 2)
    assert "No space left on device; make room there" in bench.worker.trouble
    stop, idle = threading.Event(), list[Callable[[], None]]()

    def beat() -> None:
        bench.clock.advance(6)
        idle.append(beat)

    thread = threading.Thread(target=bench.worker.run, args=(stop, beat))
    thread.start()
    try:
        until(lambda: len(idle) > 4)
        assert bench.worker.trouble
        bench.room = 2**40
        until(lambda: not bench.worker.trouble)
    finally:
        stop.set()
        thread.join()


def test_a_disk_that_refuses_is_no_reason_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a picture that cannot be drawn: one less, and the next one is kept."""
    bench = Bench(tmp_path, keep="all")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("edged.flow.evidence.album.atomic_write", refuse)
        bench.show(exhibit())
    assert "Input/output error" in bench.worker.trouble
    bench.show(exhibit(picture=b"no picture"), exhibit())
    assert (len(bench.files), bench.worker.counts()[INBOX].dropped, bench.worker.trouble) == (1, 2, "")


def test_pictures_go_in_their_time_and_those_of_a_source_that_is_gone_too(tmp_path: Path) -> None:
    """By bytes, the oldest first; nothing that is not ours goes."""
    bench = Bench(tmp_path, keep="all", max_bytes=1, days=0)
    bench.show(exhibit(), exhibit(reading(2)))
    own = bench.files[0].parent / "notes.txt"
    own.write_text("mine")
    former = tmp_path / "evidence/former/2026-01-01" / f"{frame_id(3)}.jpg"
    former.parent.mkdir(parents=True)
    former.write_bytes(b"x")
    assert len(bench.files) == 2
    days = Days(tmp_path / "retention.json", bench.clock, lambda: True)
    tidy = RetentionWorker(list(places(tmp_path, bench.albums)), days, bench.clock)
    tidy.step()
    assert (bench.files, own.exists(), former.exists()) == ([], True, True)
    for _ in range(8):
        bench.clock.advance(86_400)
        tidy.step()
    assert not former.exists()


def test_what_is_asked_for_follows_a_reload(tmp_path: Path) -> None:
    """From the next picture on."""
    bench = Bench(tmp_path, keep="none")
    bench.show(exhibit())
    bench.worker.adapt(config(tmp_path, keep="unsure"))
    bench.show(exhibit())
    assert len(bench.files) == 1
