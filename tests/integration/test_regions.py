"""Regions in the chain of the daemon: places, alignment, rules by field, the quality gate, and reloads of the reference picture."""

import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.config.start import keep, start_config
from edged.errors import ConfigError
from edged.flow.reader import Job
from edged.generation import build_generation
from edged.lib.clock import SystemClock
from edged.types import FieldState, Outcome, Reading
from tests.integration.test_reload import INBOX, House, house
from tests.unit.flow.test_reader import delivery

__all__ = ["house"]  # the fixture

SAMPLES = Path(__file__).parents[1] / "samples"
PATCHES = [[20, 20, 60, 60], [500, 300, 60, 60]]
STRAIGHT = [40, 120, 281, 37]
TILTED = [[120, 200], [470, 215], [474, 262], [118, 246]]


def frame() -> Any:
    """A date, level; a serial number in perspective; and two marks."""
    image = np.full((400, 600, 3), 190, np.uint8)
    for left, top, *_ in PATCHES:
        cv2.circle(image, (left + 30, top + 30), 20, (20, 20, 20), 4)
        cv2.line(image, (left + 10, top + 20), (left + 50, top + 44), (60, 0, 0), 5)
    date, serial = (cv2.imread(str(SAMPLES / name)) for name in ("date.png", "serial.png"))
    image[120:157, 40:321] = date
    tall, wide = serial.shape[:2]
    corners = np.array(((0, 0), (wide, 0), (wide, tall), (0, tall)), np.float32)
    turn = cv2.getPerspectiveTransform(corners, np.array(TILTED, np.float32))
    mask = cv2.warpPerspective(np.ones((tall, wide), np.uint8), turn, (600, 400))
    return np.where(mask[..., None] > 0, cv2.warpPerspective(serial, turn, (600, 400)), image)


def fields(**more: Any) -> dict[str, Any]:
    return {"a-serial": {"quad": TILTED, "dictionary": ["SN 4K7-00921-B"]}, "b-date": {"box": STRAIGHT}} | more


def source(**keys: Any) -> dict[str, Any]:
    return {"inbox": {"path": "inbox", "layout": "regions", "fields": fields(), "unsure_below": 0.3} | keys}


def aligned(house: House, **keys: Any) -> dict[str, Any]:
    cv2.imwrite(str(house.path / "master.png"), frame())
    return source(align={"reference": "master.png", "patches": PATCHES}, **keys)


def read(house: House, image: Any) -> Reading:
    """As the feed, the recogniser and the sink do."""
    reader, done = house.daemon.parts.succession.current.readers[INBOX], list[Job]()
    job = reader.begin(delivery(data=cv2.imencode(".png", image)[1].tobytes()), done.append)
    while not done:
        house.daemon.parts.succession.check()
    return reader.conclude(job)


def test_fields_are_read_at_their_places(house: House) -> None:
    """In the order of the fields, each by its own rules, with its place; what is beyond the frame is told and not read."""
    house.write(sources=source(fields=fields(**{"c-far": {"box": ["90%", "90%", "10%", "10%"]}, "d-beyond": {"box": [590, 10, 100, 30]}})))
    assert house.reload().errors == ()
    reading = read(house, frame())
    serial, date, _, beyond = reading.fields
    assert reading.text.startswith("SN 4K7-00921-B\n15/03/2027 08:42")
    assert (serial.text, serial.state, serial.box) == ("SN 4K7-00921-B", FieldState.READ, tuple((float(x), float(y)) for x, y in TILTED))
    assert (date.text, date.state) == ("15/03/2027 08:42", FieldState.READ)
    assert (beyond.text, beyond.state, beyond.box) == ("", FieldState.NOT_READ, ((590, 10), (690, 10), (690, 40), (590, 40)))
    assert reading.outcome is Outcome.UNSURE
    assert any(
        reason.startswith("field d-beyond: its box [590, 10, 100, 30] is not inside of the frame of 600 x 400")
        for reason in reading.reasons
    )


def test_another_order_of_the_fields_is_another_configuration(house: House) -> None:
    """It is the order of the lines; whoever asked is told what changed."""
    house.write(sources=source())
    before = house.reload()
    text = house.file.read_text(encoding="utf8")
    date = re.search(r"      b-date:\n(        .*\n)+", text)
    assert date is not None
    house.file.write_text(text.replace(date[0], "").replace("    fields:\n", f"    fields:\n{date[0]}"), encoding="utf8")
    after = house.reload()
    assert (after.ok, after.live) == (True, ("sources.inbox.fields",))
    assert after.config != before.config
    assert read(house, frame()).text == "15/03/2027 08:42\nSN 4K7-00921-B"


def test_a_part_that_moved_is_read_where_it_is(house: House) -> None:
    """And one that is not found is read where it was, and never ok."""
    house.write(sources=aligned(house))
    assert house.reload().errors == ()
    turn = cv2.getRotationMatrix2D((300, 200), 2, 1)
    turn[:, 2] += (12, -9)
    reading = read(house, cv2.warpAffine(frame(), turn, (600, 400), borderMode=cv2.BORDER_REPLICATE))
    assert (reading.outcome, reading.reasons) == (Outcome.OK, ())
    assert reading.text == "SN 4K7-00921-B\n15/03/2027 08:42"
    lost = frame()
    lost[280:, 480:] = 190
    reading = read(house, lost)
    assert reading.outcome is Outcome.UNSURE
    assert reading.reasons[0].startswith("patch 2 of master.png was not found: its best score 0.")
    assert reading.text == "SN 4K7-00921-B\n15/03/2027 08:42"


def test_a_poor_picture_is_told_or_rejected(house: House) -> None:
    """The same frame out of focus: unsure with warn, rejected with reject, with the same measures of the same fields."""
    soft = cv2.GaussianBlur(frame(), (0, 0), 6)
    said = []
    for mode, outcome in (("warn", Outcome.UNSURE), ("reject", Outcome.REJECTED)):
        house.write(sources=source(quality={"mode": mode}))
        assert house.reload().errors == ()
        reading = read(house, soft)
        assert reading.outcome is outcome
        said.append([reason for reason in reading.reasons if "sharpness" in reason])
    assert said[0] == said[1]
    assert said[0][0].startswith("field a-serial: sharpness ")
    assert [field.state for field in reading.fields] == [FieldState.NOT_READ] * 2


def test_a_changed_reference_is_another_configuration(house: House) -> None:
    """It is watched, stands in the digest and is in effect after the reload; a missing one changes nothing."""
    house.write(sources=aligned(house))
    before = house.reload()
    assert house.path / "master.png" in house.reloading.files()
    shutil.copy(house.path / "master.png", house.path / "old.png")
    cv2.imwrite(str(house.path / "master.png"), np.roll(frame(), 5, axis=1))
    after = house.reload()
    assert after.ok
    assert after.config != before.config
    reading = read(house, np.roll(frame(), 5, axis=1))
    assert reading.fields[1].box == ((40, 120), (321, 120), (321, 157), (40, 157))
    assert reading.config == after.config
    (house.path / "master.png").unlink()
    refused = house.reload()
    assert not refused.ok
    assert "align.reference" in refused.errors[0]
    assert "cannot be read: No such file or directory" in refused.errors[0]
    shutil.copy(house.path / "old.png", house.path / "master.png")
    assert house.reload().config == before.config


@pytest.mark.parametrize("data", [b"no picture", b""])
def test_a_reference_that_is_no_picture_is_refused(house: House, data: bytes) -> None:
    """The old configuration stays."""
    house.write(sources=aligned(house))
    (house.path / "master.png").write_bytes(data)
    refused = house.reload()
    assert not refused.ok
    assert "master.png" in refused.errors[0]
    assert refused.hint


def test_the_last_good_configuration_has_its_reference_with_it(house: House) -> None:
    """A start with a bad file aligns by the picture that was good, whatever became of it."""
    house.write(sources=aligned(house))
    house.reload()
    keep(house.daemon.parts.report._loaded, now=SystemClock().now())
    (house.path / "master.png").unlink()
    start = start_config(house.file)
    assert start.errors
    assert list(start.loaded.references) == [house.path / "master.png"]
    assert start.loaded.digest == house.daemon.parts.report._loaded.digest
    generation = build_generation(start.loaded, SystemClock())
    assert generation.readers[INBOX].fields == ("a-serial", "b-date")
    for recogniser in generation.recognisers:
        recogniser.close()


def test_a_patch_beyond_the_reference_is_a_configuration_error(house: House) -> None:
    """At the start as at a reload: it says where the picture ends."""
    house.write(sources=aligned(house))
    house.write(sources=source(align={"reference": "master.png", "patches": [[590, 20, 60, 60]]}))
    with pytest.raises(ConfigError, match=r"\[590, 20, 60, 60\], is not inside of its 600 x 400 pixels"):
        build_generation(start_config(house.file).loaded, SystemClock())
