"""Text found by a real runtime, and read by the daemon's own way."""

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from edged.config import Config, FolderSection, ModelSection, RecogniseSection
from edged.config.file import LoadedConfig, digest_of
from edged.doctor.model import check
from edged.errors import FrameFailed, ModelError
from edged.flow.detect import Detector
from edged.flow.detect.boxes import Thresholds
from edged.flow.model_files import load_detector, load_model
from edged.flow.recognise import Recogniser
from edged.generation import Generation, build_generation
from edged.lib.clock import SystemClock
from edged.manifest import load_any_manifest
from edged.types import Delivery, FrameId, Origin, Outcome, Reading, SourceName
from tests.doubles.toy_detector import SIZES, make_detector, page, png
from tests.doubles.toy_model import make_toy
from tests.end_to_end.box import edged

PAGES = SourceName("pages")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    make_toy(tmp_path / "shelf", "toy", "A")
    make_detector(tmp_path / "shelf", "seeker")
    return tmp_path / "shelf"


@pytest.fixture
def detector(shelf: Path) -> Any:
    one = Detector(load_detector([shelf], "seeker"), RecogniseSection())
    one.open()
    yield one
    one.close()


def loaded(shelf: Path, **source: Any) -> LoadedConfig:
    section = FolderSection(path=Path("/nowhere"), **{"layout": "detect"} | source)
    config = Config(
        version=1,
        device="box",
        models_dir=shelf,
        state_dir=shelf.parent / "state",
        model=ModelSection(name="toy"),
        detector={"name": "seeker"},
        sources={"pages": section},
    )
    return LoadedConfig(config=config, digest=digest_of(config), path=Path("edged.yaml"))


def read(generation: Generation, data: bytes) -> Reading:
    origin = Origin(name="a.png", sha256="0" * 64, bytes=len(data), modified_at=None)
    delivery = Delivery(id=FrameId("i"), source=PAGES, captured_at=dt.datetime.now(dt.UTC), origin=origin, attempt=1, data=data)
    reader = generation.readers[PAGES]
    jobs: list[Any] = []
    job = reader.begin(delivery, jobs.append)
    for recogniser in generation.recognisers:
        recogniser.drain()
    assert jobs == [job]
    return reader.conclude(job)


def test_boxes_are_told_in_pixels_of_the_frame_in_reading_order(detector: Detector) -> None:
    """Of a frame in a size of its own, and of a large one that is shrunk."""
    for scale in (1, 4):
        boxes = ((150, 20, 230, 40), (20, 22, 120, 42), (20, 80, 200, 100))
        image = page(*(tuple(scale * side for side in box) for box in boxes), height=128 * scale, width=256 * scale)  # type: ignore[misc]
        found = detector.find(image)
        assert [tuple(np.round(corners.mean(axis=0) / scale)) for corners in found] == [(70, 32), (190, 30), (110, 90)]


def test_a_size_is_compiled_when_it_is_needed(detector: Detector) -> None:
    """The golden picture's is there, another comes with the first frame of its shape."""
    assert detector.compiled == ((128, 256),)
    detector.find(page(height=600, width=200))
    assert detector.compiled == ((128, 256), (256, 128))
    assert set(detector.compiled) <= set(SIZES)


def test_a_frame_larger_than_every_size_is_looked_at_in_tiles(detector: Detector) -> None:
    """Its lines are found whole, also across the seams, with a beat before each look; only a few sizes are compiled."""
    boxes = ((200, 100, 2200, 180), (900, 700, 1700, 780), (400, 1700, 1400, 1780))
    beats: list[int] = []
    found = detector.find(page(*boxes, height=2000, width=2400), beat=lambda: beats.append(1))
    assert [tuple(np.round((*corners.min(axis=0), *corners.max(axis=0)), -1)) for corners in found] == [
        pytest.approx(box, abs=40) for box in boxes
    ]
    assert len(beats) > 4
    assert set(detector.compiled) <= set(SIZES)


def test_small_text_is_found_as_exactly_as_large_text(detector: Detector) -> None:
    """Of its core only three rows are left at first sight: a closer look tells where it ends."""
    large, small = (100, 100, 1100, 200), (300, 600, 700, 670)
    found = detector.find(page(large, small, height=1000, width=1200), Thresholds(unclip=0.74))  # what this detector takes off
    assert len(found) == 2
    for corners, box in zip(found, (large, small), strict=True):
        assert (*corners.min(axis=0), *corners.max(axis=0)) == pytest.approx(box, abs=16)


def test_only_the_size_that_was_used_last_keeps_its_maps(detector: Detector) -> None:
    """What it found before, it finds again."""
    first = detector.find(page((20, 20, 120, 44)))
    detector.find(page((20, 20, 120, 44), height=600, width=200))
    assert len(detector.compiled) == 2
    assert np.array_equal(detector.find(page((20, 20, 120, 44))), first)


def test_maps_that_were_given_back_are_taken_anew(detector: Detector) -> None:
    first = detector.find(page((20, 20, 120, 44)))
    detector.rest()
    assert np.array_equal(detector.find(page((20, 20, 120, 44))), first)


@pytest.mark.parametrize(("height", "width", "expected"), [(1000, 1200, set()), (2000, 2400, {"Recogniser", "Detector"})])
def test_beside_a_large_frame_models_give_memory_back(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, height: int, width: int, expected: set[str]
) -> None:
    rested = set[str]()
    for kind in (Detector, Recogniser):
        monkeypatch.setattr(kind, "rest", lambda self: rested.add(type(self).__name__))
    generation = build_generation(loaded(shelf), SystemClock())
    assert read(generation, png(page((200, 200, 1100, 400), height=height, width=width))).lines
    assert rested == expected
    for engine in generation.engines:
        engine.close()


def test_a_failed_inference_is_told_and_the_next_frame_is_looked_at(detector: Detector) -> None:
    """Its size is compiled anew."""
    size = detector.compiled[0]

    def explode() -> None:
        raise RuntimeError("no memory")

    look = detector._looks[size]
    detector._looks[size] = look._replace(request=SimpleNamespace(infer=explode))  # type: ignore[arg-type]
    with pytest.raises(FrameFailed, match="the detector failed: no memory"):
        detector.find(page())
    assert detector.compiled == ()
    assert len(detector.find(page((20, 20, 120, 44)))) == 1


def test_a_detector_that_misses_its_golden_texts_is_refused(shelf: Path) -> None:
    """Found and expected stand in the message."""
    make_detector(shelf, "blind", golden=(30, 80, 130, 104))
    with pytest.raises(ModelError, match=r"blind fp16 finds text at \[.*\] in golden/page.png, it stands at \(\(30, 80, 130, 104\),\)"):
        Detector(load_detector([shelf], "blind"), RecogniseSection()).open()


def test_a_model_that_answers_something_else_is_refused(shelf: Path) -> None:
    """With both shapes."""
    make_detector(shelf, "double", channels=2)
    with pytest.raises(ModelError, match=r"answers \[\(1, 2, 64, 192\)\] for \(64, 192\) pixels, expected one map \(1, 1, 64, 192\)"):
        Detector(load_detector([shelf], "double"), RecogniseSection()).open()


def test_models_for_another_task_are_refused_by_name(shelf: Path) -> None:
    """Whoever mixes up `model` and `detector` is told which is which."""
    with pytest.raises(ModelError, match="seeker is made to detect, not to recognise") as caught:
        load_model([shelf], "seeker", wait=lambda _: None)
    assert "`detector.name`" in caught.value.hint
    with pytest.raises(ModelError, match="toy is made to recognise, not to detect"):
        load_detector([shelf], "toy", wait=lambda _: None)
    assert load_any_manifest(shelf / "seeker").task == "detect"


def test_every_line_found_is_read(shelf: Path) -> None:
    """Each in its box, in order, joined by new lines; the toy says A wherever it is dark above."""
    generation = build_generation(loaded(shelf, unsure_below=0.0), SystemClock())
    got = read(generation, png(page((20, 20, 120, 44), (150, 20, 230, 44), (20, 80, 200, 100))))
    assert got.text.count("\n") == len(got.lines) - 1 == 2
    assert [round(sum(x for x, _ in line.box) / 4) for line in got.lines] == [70, 190, 110]
    for engine in generation.engines:
        engine.close()


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_read_as_the_upright_one(shelf: Path, quarters: int, count: int) -> None:
    """The toy says A where a text is darker above, and that it stands upside down where it is darker below."""
    image = page(*[(left, top, left + 100, top + 24) for top in (4, 36, 68, 100) for left in (10, 140)][:count])
    for top in (4, 36, 68, 100):
        image[top + 12 : top + 24][image[top + 12 : top + 24] == 0] = 100
    generation = build_generation(loaded(shelf), SystemClock())
    upright, turned = (read(generation, png(np.ascontiguousarray(np.rot90(image, turn)))) for turn in (0, quarters))
    assert upright.text == "\n".join("A" * count)
    assert (turned.outcome, turned.text) == (upright.outcome, upright.text)
    for there, here in zip(upright.lines, turned.lines, strict=True):
        expected = [((x, y), (y, 256 - x), (256 - x, 128 - y), (128 - y, x))[quarters] for x, y in there.box]
        assert np.allclose(here.box, expected, atol=2)
    for engine in generation.engines:
        engine.close()


@pytest.mark.parametrize(("empty", "expected"), [("unsure", (Outcome.UNSURE, ("no text was found",))), ("ok", (Outcome.OK, ()))])
def test_a_picture_without_text_is_what_is_configured(shelf: Path, empty: str, expected: object) -> None:
    """No line is invented."""
    generation = build_generation(loaded(shelf, empty=empty), SystemClock())
    got = read(generation, png(page()))
    assert (got.outcome, got.reasons) == expected
    assert (got.lines, got.text, got.confidence) == ((), "", 0.0)
    for engine in generation.engines:
        engine.close()


def test_the_next_generation_shares_a_detector_that_stayed(shelf: Path) -> None:
    """And has its own where its digest or the threads changed; where nothing is looked for, there is none."""
    first = build_generation(loaded(shelf), SystemClock())
    second = build_generation(loaded(shelf, unsure_below=0.1), SystemClock(), before=first)
    assert second.detectors[0].detector is first.detectors[0].detector
    changed = loaded(shelf)
    changed = LoadedConfig(
        config=changed.config.model_copy(update={"recognise": RecogniseSection(threads=1)}), digest="another", path=changed.path
    )
    third = build_generation(changed, SystemClock(), before=second)
    assert third.detectors[0].detector is not first.detectors[0].detector
    plain = loaded(shelf).config
    plain = plain.model_copy(update={"sources": {"pages": FolderSection(path=Path("/nowhere"))}})
    assert build_generation(LoadedConfig(config=plain, digest="d", path=Path("x")), SystemClock(), before=first).detectors == ()
    for generation in (first, third):
        for engine in generation.engines:
            engine.close()


def test_the_command_reads_whole_pictures(shelf: Path, tmp_path: Path) -> None:
    """With the layout of its argument, whatever the source has; a large frame is reduced, and its boxes are told in its own pixels."""
    content = {"version": 1, "device": "box", "models_dir": "shelf", "state_dir": "state", "model": {"name": "toy"}}
    content |= {"detector": {"name": "seeker"}, "sources": {"inbox": {"path": "inbox", "fields": {"lot": {}}}}}
    (tmp_path / "inbox").mkdir()
    (tmp_path / "edged.yaml").write_text(yaml.safe_dump(content), encoding="utf8")
    (tmp_path / "a.png").write_bytes(png(page((200, 160, 1200, 400), height=1280, width=2560)))
    done = edged("read", "-c", str(tmp_path / "edged.yaml"), "--json", "--layout", "detect", str(tmp_path / "a.png"))
    assert done.returncode == 0, done.stderr
    reading = json.loads(done.stdout)
    (line,) = reading["lines"]
    assert reading["fields"] == []
    assert [sum(values) / 4 for values in zip(*line["box"], strict=True)] == [pytest.approx(700, abs=12), pytest.approx(280, abs=12)]


def test_the_doctor_tries_the_detector_of_a_source_that_looks_for_text(shelf: Path) -> None:
    """And speaks of none where no source does."""
    for layout, count in (("detect", 1), ("whole", 0)):
        findings = check(SimpleNamespace(loaded=(one := loaded(shelf, layout=layout)), config=one.config))  # type: ignore[arg-type]
        texts = [finding.text for finding in findings if "seeker" in finding.text]
        assert len(texts) == count
        assert all("finds the texts of its golden pictures" in text for text in texts)
