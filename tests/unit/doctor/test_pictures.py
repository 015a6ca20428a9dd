"""What the doctor says of a picture, with readings made by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edged.annotate import encoded
from edged.config import FolderSection, QualitySection
from edged.doctor.finding import Finding, Level
from edged.doctor.pictures import file, layout, quality, reading, trials
from edged.doctor.pictures.examine import examine, verdict
from edged.doctor.pictures.sight import Sight
from edged.flow.quality import Measured
from edged.types import Character, FrameProblem, Laid, Outcome, Pixels, Reading, ReadLine, TextLine, Transcript
from tests.doubles.pictures import jpeg
from tests.doubles.readings import reading as made
from tests.unit.flow.test_reader import delivery


def picture() -> Pixels:
    """Dark strokes on grey, cut at no edge."""
    image = np.full((40, 200, 3), 180, np.uint8)
    for left in range(20, 180, 20):
        image[8:32, left : left + 6] = 30
    return image


def line(text: str, confidence: float, **more: Any) -> ReadLine:
    characters = tuple(Character(text=one, confidence=confidence, alternative="8", margin=0.1) for one in text)
    box = ((0.0, 0.0), (200.0, 0.0), (200.0, 40.0), (0.0, 40.0))
    return ReadLine(transcript=Transcript(text=text, confidence=confidence, characters=characters), raw=text, box=box, **more)


def read(*lines: ReadLine, outcome: Outcome = Outcome.OK, **more: Any) -> Reading:
    return made(lines=lines, outcome=outcome, text="\n".join(one.transcript.text for one in lines), layout="whole", **more)


def sight(
    of: Reading, image: Pixels | None = None, again: Callable[[Pixels], Reading] | None = None, data: bytes | None = None, **source: Any
) -> Sight:
    image = picture() if image is None else image
    return Sight(
        delivery=delivery(data=data if data is not None else encoded(image, ".png")),
        image=image,
        laid=Laid(lines=tuple(TextLine(image=image, box=one.box, reasons=one.doubts) for one in of.lines)),
        reading=of,
        source=FolderSection(path=Path("/"), **source),
        again=again or (lambda _: of),
    )


def bad_or_doubtful(found: Any) -> list[Finding]:
    marked = [finding for finding in found if finding.level is not Level.GOOD]
    assert all(finding.remedy for finding in marked), "what is wrong says what to do"
    return marked


def test_a_sure_picture_needs_nothing() -> None:
    """No trials are made, and nothing is marked."""

    def never(_: Pixels) -> Reading:
        raise AssertionError

    subject = sight(read(line("A17", 0.99)), again=never)
    areas = dict(examine(subject))
    assert list(areas) == ["file", "layout", "quality", "reading"]
    assert [bad_or_doubtful(found) for found in areas.values()] == [[]] * 4
    assert verdict(subject, areas) == "a.jpg is read, and sure"


def test_the_turn_of_a_camera_is_told() -> None:
    """As EXIF says it."""
    data = jpeg.with_exif(encoded(picture(), ".jpg"), 6)
    told = [finding.text for finding in file.look(sight(read(line("A", 0.9)), data=data))]
    assert told[0].startswith("JPEG of 200 x 40 pixels")
    assert "turned by 90 degrees clockwise" in told[1]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", encoded(picture(), ".png")[:-30]])
def test_a_file_that_is_no_picture_is_bad(data: bytes) -> None:
    """With what was found and what to do; the looks that need pixels say nothing."""
    subject = replace(sight(read(outcome=Outcome.FAILED)), image=None, delivery=delivery(data=data))
    areas = dict(examine(subject))
    assert list(areas) == ["file"]
    assert [finding.level for finding in bad_or_doubtful(areas["file"])] == [Level.BAD]
    problem = FrameProblem(outcome=Outcome.FAILED, reason="cannot be read: No such file; see that it exists")
    (missing,) = file.look(replace(subject, delivery=delivery(data=None, problem=problem)))
    assert (missing.text, missing.remedy) == ("cannot be read: No such file", "see that it exists")


@pytest.mark.parametrize("name", [name for name in QualitySection.model_fields if name != "mode"])
def test_every_measure_beyond_its_limit_says_what_to_do(name: str) -> None:
    """It is told with its value and its limit, whether the gate is on or not; where the gate rejects, it is bad."""
    least, short = name.startswith("min_"), name.partition("_")[2]
    values = [Measured(name=short, value=value, limit=20, least=least) for value in (21, 19, 8 if least else 90)]
    lines = [line(text, 0.9) for text in ("A17", "B", "C")]
    for rejects, level in ((False, Level.DOUBT), (True, Level.BAD)):
        (finding,) = bad_or_doubtful([quality._judged(values, sight(read(*lines)), [one.box for one in lines], rejects=rejects)])
        assert finding.level is level
        worst = "8, wanted at least 20; in 2" if least else "90, wanted at most 20; in 2"
        assert finding.text == f'{short} {worst} of 3 lines, worst in line 3 ("C")'
        assert not finding.remedy.startswith("quality."), "somebody at the lamp does not read the configuration"


def test_measures_are_told_while_the_gate_is_off() -> None:
    """And that they change nothing then."""
    *measures, last = quality.look(sight(read(line("A17", 0.9))))
    assert len(measures) == len(QualitySection.model_fields) - 1
    assert "quality.mode is off" in last.text
    assert [finding.text for finding in measures if finding.text.startswith("height")] == ["height 24, wanted at least 16"]


def test_the_doubt_is_told_at_its_letter() -> None:
    """With what else was seen there; sure lines are not listed."""
    unsure = read(line("A17", 0.99), line("B", 0.41), outcome=Outcome.UNSURE, reasons=("confidence 0.410 < 0.8",))
    first, last = reading.look(sight(unsure))
    assert first.text == 'line 2 ("B"): confidence 0.41; weakest at "B" (0.41, next to it "8")'
    assert last.text == "unsure: confidence 0.410 < 0.8"
    assert bad_or_doubtful([first, last]) == [first, last]


def test_many_doubtful_lines_are_counted() -> None:
    """A page of them does not fill the terminal."""
    many = read(*(line("B", 0.4) for _ in range(30)), outcome=Outcome.UNSURE)
    assert [finding.text for finding in reading.look(sight(many))][-2] == "and 18 more such lines"


def test_a_picture_that_is_no_line_is_sent_to_detect() -> None:
    """The reading's own words, and the remedy."""
    doubted = line("x", 0.2, doubts=("not one text line (200 x 40 pixels)",))
    (finding,) = layout.look(sight(read(doubted, outcome=Outcome.UNSURE)))
    assert "--layout detect" in finding.remedy


def test_the_best_trial_is_told_where_it_is_clearly_better() -> None:
    """Each sees its own pixels; without a better one it is said what was tried."""
    weak = read(line("xQ", 0.3), outcome=Outcome.UNSURE)
    image = picture()
    upside_down = image[::-1, ::-1]

    def again(pixels: Pixels) -> Reading:
        return read(line("A17-042", 0.98)) if np.array_equal(pixels, upside_down) else read(line("xx", 0.35), outcome=Outcome.UNSURE)

    image[0, 0] = 0
    (finding,) = bad_or_doubtful(trials.look(sight(weak, image, again)))
    assert finding.text == 'turned by 180 degrees it reads better: "A17-042" (ok, 0.99)'
    (nothing,) = trials.look(sight(weak, image))
    assert nothing.level is Level.GOOD
    assert nothing.text.startswith("it reads no better turned by 180 degrees, ")
    assert nothing.text.endswith("enlarged twice, with its contrast stretched")


def test_what_is_read_at_known_places_stays_where_it_is() -> None:
    """Boxes in pixels mean nothing in a picture that was turned or enlarged."""
    assert [how for how, _, _ in trials.varied(picture(), placed=True)] == ["with its contrast stretched"]


def test_what_is_varied_keeps_its_pixels() -> None:
    """Turned ones are turned, an enlarged one is twice as large, a stretched one uses every grey."""
    shapes = {how: image.shape for how, _, image in trials.varied(picture())}
    assert shapes["turned by 90 degrees clockwise"] == (200, 40, 3)
    assert shapes["enlarged twice"] == (80, 400, 3)
    stretched = [image for how, _, image in trials.varied(picture()) if how.startswith("with")]
    assert (stretched[0].min(), stretched[0].max()) == (0, 255)
