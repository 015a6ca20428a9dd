import logging
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as opset

from edged.config import RecogniseSection
from edged.errors import FrameFailed, ModelError
from edged.flow.model_files import LoadedModel, load_model
from edged.flow.recognise import Recogniser
from edged.flow.recognise.shape import Request, Shape, for_pages
from edged.lib.heap import release_heap
from edged.shelf.recipes import CRNN_ZH_EN
from edged.types import Answer, Posteriors
from tests.doubles.wait import until

MODELS = Path(__file__).parents[2] / "models"
SPEC = CRNN_ZH_EN.input
WIDEST = SPEC.width_buckets[-1]


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    """The model that edged ships, as built."""
    return load_model([MODELS], CRNN_ZH_EN.name)


@pytest.fixture(scope="module")
def recogniser(model: LoadedModel) -> Recogniser:
    """Open, with two requests."""
    recogniser = Recogniser(model, RecogniseSection(threads=2, requests=2))
    recogniser.open()
    return recogniser


def picture(width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SPEC.height, width, 3), np.uint8)


def steps(width: int) -> int:
    """How many steps an answer has: one more than the picture, where the shape has it."""
    bucket = next(bucket for bucket in SPEC.width_buckets if width <= bucket)
    return min(bucket // SPEC.stride, -(-width // SPEC.stride) + 1)


class Answers:
    """Collects what is handed over."""

    def __init__(self) -> None:
        self.come: dict[int, Posteriors | None] = {}
        self.errors: dict[int, BaseException | None] = {}

    def taker(self, key: int) -> Answer:
        def take(posteriors: Posteriors | None, error: BaseException | None) -> None:
            self.errors[key] = error
            self.come[key] = posteriors

        return take


def equal(one: Posteriors | None, other: Posteriors | None) -> bool:
    """The same strongest classes, equally sure, as far as both go."""
    assert one is not None
    assert other is not None
    both = min(len(one.shares), len(other.shares))
    same = np.array_equal(one.classes[:both, 0], other.classes[:both, 0])
    return same and np.allclose(one.shares[:both], other.shares[:both], atol=1e-5)


def test_every_line_gets_its_own_answer(recogniser: Recogniser, model: LoadedModel) -> None:
    """Many lines in flight: each answer belongs to its picture, has a row for each step of it, and the strongest class first."""
    answers = Answers()
    pictures = {n: picture(4 + n * 11 % (WIDEST - 3), seed=n) for n in range(60)}
    for number, pixels in pictures.items():
        recogniser.submit(pixels, answers.taker(number))
    recogniser.drain()
    assert set(answers.come) == set(pictures)
    for number, pixels in pictures.items():
        posteriors = answers.come[number]
        assert posteriors is not None
        assert posteriors.shares.shape == posteriors.classes.shape == (steps(pixels.shape[1]), 16)
        assert (np.diff(posteriors.shares, axis=1) <= 0).all()
        assert (posteriors.shares.sum(axis=1) <= 1 + 1e-4).all()
        assert 0 <= posteriors.classes.min() <= posteriors.classes.max() < model.manifest.charset.classes
    alone = Answers()
    recogniser.submit(pictures[7], alone.taker(0))
    recogniser.drain()
    assert equal(alone.come[0], answers.come[7])


def test_a_narrow_line_is_padded_as_the_manifest_says(recogniser: Recogniser, model: LoadedModel) -> None:
    """Padding here or by the caller with the manifest's value gives the same answer."""
    narrow, answers = picture(100), Answers()
    bucket = next(bucket for bucket in SPEC.width_buckets if bucket > 100)
    wide = np.full((SPEC.height, bucket, 3), model.manifest.input.padding, np.uint8)
    wide[:, :100] = narrow
    for number, pixels in enumerate((narrow, wide)):
        recogniser.submit(pixels, answers.taker(number))
    recogniser.drain()
    assert equal(answers.come[0], answers.come[1])


def test_answers_are_copies(recogniser: Recogniser) -> None:
    """A later line does not change an earlier answer."""
    answers = Answers()
    recogniser.submit(picture(100, seed=1), answers.taker(0))
    recogniser.drain()
    kept = answers.come[0]
    assert kept is not None
    before = Posteriors(classes=kept.classes.copy(), shares=kept.shares.copy())
    for number in range(1, 6):
        recogniser.submit(picture(100, seed=number + 10), answers.taker(number))
    recogniser.drain()
    assert np.array_equal(kept.classes, before.classes)
    assert np.array_equal(kept.shares, before.shares)


def test_submit_waits_while_all_requests_are_busy(recogniser: Recogniser) -> None:
    """Two lines whose answers are not taken yet hold a third one back: that is the back-pressure."""
    gate, entered, third = threading.Event(), threading.Event(), threading.Event()

    def held(*_: object) -> None:
        entered.set()
        gate.wait(30)

    for _ in range(2):
        recogniser.submit(picture(40), held)
    assert entered.wait(30)
    feeder = threading.Thread(target=lambda: (recogniser.submit(picture(40), lambda *_: None), third.set()))
    feeder.start()
    assert not third.wait(0.1)
    gate.set()
    feeder.join(30)
    assert third.is_set()
    recogniser.drain()


def test_an_exception_while_handing_over_wedges_nothing(recogniser: Recogniser, caplog: pytest.LogCaptureFixture) -> None:
    """One in ten answers is refused by whoever takes it: it is told of the error, and all others arrive."""
    answers, told = Answers(), []

    def refuses(posteriors: Posteriors | None, error: BaseException | None) -> None:
        if error is None:
            message = "no room"
            raise MemoryError(message)
        told.append(error)

    with caplog.at_level(logging.CRITICAL):
        for number in range(200):
            recogniser.submit(picture(8, seed=number), refuses if number % 10 == 0 else answers.taker(number))
        recogniser.drain()
    assert len(told) == 20
    assert len(answers.come) == 180
    assert all(posteriors is not None for posteriors in answers.come.values())


def test_lines_may_come_from_several_threads(recogniser: Recogniser) -> None:
    """Several sources feed one recogniser; nothing is lost or mixed up."""
    answers = Answers()

    def feed(start: int) -> None:
        for number in range(start, start + 40):
            recogniser.submit(picture(SPEC.stride * (number % 40 + 1), seed=number), answers.taker(number))

    threads = [threading.Thread(target=feed, args=(100 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recogniser.drain()
    until(lambda: len(answers.come) == 120)
    read = {number: posteriors for number, posteriors in answers.come.items() if posteriors is not None}
    assert {number: len(posteriors.shares) for number, posteriors in read.items()} == {
        number: steps(SPEC.stride * (number % 40 + 1)) for number in answers.come
    }


def test_widths_never_make_a_new_shape(recogniser: Recogniser) -> None:
    """Only the shapes of the manifest are compiled, whatever comes."""
    for width in (1, 3, 33, 159, 319, 320, WIDEST - 1, WIDEST):
        recogniser.submit(picture(width), lambda *_: None)
    recogniser.drain()
    assert len(recogniser.compiled) <= len(SPEC.width_buckets)
    assert {compiled.input(0).shape[2] for compiled in recogniser.compiled} <= set(SPEC.width_buckets)


def test_a_piece_wider_than_the_widest_shape_is_a_mistake_of_the_caller(recogniser: Recogniser) -> None:
    """It is refused at once, and takes no request with it."""
    for _ in range(5):
        with pytest.raises(ValueError, match=f"{WIDEST + 1} pixels is wider than the widest shape {WIDEST}"):
            recogniser.submit(picture(WIDEST + 1), lambda *_: None)
    test_widths_never_make_a_new_shape(recogniser)


def test_shapes_are_compiled_when_they_are_needed(model: LoadedModel) -> None:
    """The narrowest at once, a wider one with its first line."""
    spec = model.manifest.input.model_copy(update={"width_buckets": (320, 480)})
    manifest = model.manifest.model_copy(update={"input": spec})
    wider = Recogniser(
        LoadedModel(**{f: getattr(model, f) for f in LoadedModel.__slots__} | {"manifest": manifest}), RecogniseSection(threads=1)
    )
    wider.open()
    assert len(wider.compiled) == 1
    answers = Answers()
    wider.submit(picture(470), answers.taker(0))
    wider.drain()
    assert len(wider.compiled) == 2
    assert answers.come[0] is not None
    assert len(answers.come[0].shares) == 480 // SPEC.stride
    wider.close()


def test_for_pages_one_compilation_reads_all_widths(model: LoadedModel, recogniser: Recogniser) -> None:
    """As if each had its own, but for rounding."""
    pages = Recogniser(model, RecogniseSection(threads=2, requests=2), pages=True)
    pages.open()
    widths = [*(bucket - 7 for bucket in SPEC.width_buckets), 33, WIDEST]
    answers, expected = Answers(), Answers()
    for number, width in enumerate(widths):
        pages.submit(picture(width, seed=number), answers.taker(number))
        recogniser.submit(picture(width, seed=number), expected.taker(number))
    pages.drain()
    recogniser.drain()
    assert len(pages.compiled) == 1
    for number, width in enumerate(widths):
        one, other = answers.come[number], expected.come[number]
        assert one is not None
        assert other is not None
        assert len(one.shares) == steps(width)
        assert np.abs(one.shares[:, 0] - other.shares[:, 0]).max() < 0.1
    pages.close()


def test_for_pages_the_widest_gap_has_a_width_more(model: LoadedModel) -> None:
    """A line that fits into it is padded to no more, and is given no width beside those."""
    assert set(for_pages(SPEC)) - set(SPEC.width_buckets) == {544}
    assert for_pages(SPEC.model_copy(update={"width_buckets": (320,)})) == (160, 320)
    assert for_pages(SPEC.model_copy(update={"width_buckets": (8, 16)})) == (8, 16)
    pages = Recogniser(model, RecogniseSection(threads=1, requests=1), pages=True)
    pages.open()
    answers = Answers()
    for number, (width, given) in enumerate({540: 544, 545: 640, 448: 448}.items()):
        pages.submit(picture(width), answers.taker(number))
        pages.drain()
        ((request,),) = (shape.queue for shape in pages._shapes.values())
        assert request.get_input_tensor().shape[2] == given
    assert all(answers.come.values())
    pages.close()


def test_closing_waits_for_what_is_in_flight_and_may_be_repeated(model: LoadedModel) -> None:
    """Every submitted line has its answer before the model goes."""
    recogniser = Recogniser(model, RecogniseSection(threads=1, requests=2))
    recogniser.open()
    answers = Answers()
    for number in range(5):
        recogniser.submit(picture(100, seed=number), answers.taker(number))
    recogniser.close()
    assert len(answers.come) == 5
    recogniser.close()


def failing_shape(recogniser: Recogniser) -> Shape:
    """A shape whose inference throws where the first two pixels are (5, 5), as the runtime does without memory."""
    width = recogniser._input.width_buckets[0]
    line = opset.parameter([1, SPEC.height, width, 3], np.uint8)
    ends = [opset.constant(np.array([n], np.int64)) for n in (0, 2, 1)]
    pixels = opset.slice(opset.reshape(line, opset.constant(np.array([-1], np.int64)), False), *ends)
    grid = opset.reshape(opset.constant(np.arange(12, dtype=np.float32)), opset.convert(pixels, "i64"), False)
    answer = opset.unsqueeze(grid, opset.constant(np.array([0], np.int64)))
    compiled = ov.Core().compile_model(ov.Model([opset.result(answer), opset.result(answer)], [line], "throws"), "CPU")
    queue = ov.AsyncInferQueue(compiled, recogniser.requests)
    queue.set_callback(recogniser._answer)
    return Shape(queue, tuple(Request.of(SPEC.height, [width], 3) for _ in queue))


@pytest.mark.parametrize("pages", [False, True])
@pytest.mark.parametrize("found_by", ["check", "submit"])
def test_a_failed_inference_is_answered_and_costs_nobody_else(model: LoadedModel, found_by: str, *, pages: bool) -> None:
    """OpenVINO calls nobody back for it: whoever waits or submits next finds it, and the shape is built anew."""
    recogniser = Recogniser(model, RecogniseSection(threads=2, requests=2), pages=pages)
    recogniser.open()
    width = recogniser._input.width_buckets[0]
    recogniser._shapes[recogniser._widths(width)[-1]] = broken = failing_shape(recogniser)
    bad = np.zeros((SPEC.height, width, 3), np.uint8)
    bad[0, 0, :2] = 5
    answers = Answers()
    recogniser.submit(bad, answers.taker(0))
    until(lambda: any(broken.error_of(number) for number in broken.flying))
    if found_by == "check":
        recogniser.check()
        assert isinstance(answers.errors[0], RuntimeError)
    for number in range(1, 6):
        good = picture(width - 20, seed=number)
        good[0, 0, :2] = 3, 4
        recogniser.submit(good, answers.taker(number))
    recogniser.drain()
    assert [answers.errors[number] is None for number in range(6)] == [False, True, True, True, True, True]
    recogniser.close()


def test_for_pages_a_model_is_read_again_where_it_failed_and_must_be_the_same(tmp_path: Path) -> None:
    """Its bytes are let go once it stands; where its files changed since, each line says so, until the model is reloaded."""
    folder = shutil.copytree(MODELS / CRNN_ZH_EN.name, tmp_path / CRNN_ZH_EN.name)
    recogniser = Recogniser(load_model([tmp_path], CRNN_ZH_EN.name), RecogniseSection(threads=2, requests=2), pages=True)
    recogniser.open()
    answers = Answers()
    recogniser.submit(picture(100), answers.taker(0))
    recogniser.drain()
    recogniser._shapes.clear()  # as after a failed inference
    recogniser.submit(picture(100), answers.taker(1))
    recogniser.drain()
    assert equal(answers.come[0], answers.come[1])
    recogniser._shapes.clear()
    for weights in folder.glob("*/model.bin"):
        weights.write_bytes(b"another model")
    for _ in range(recogniser.requests + 1):  # and no request is lost
        with pytest.raises(FrameFailed, match=r"cannot be built for lines of \d+ pixels: .*model\.bin: SHA-256 is"):
            recogniser.submit(picture(100), answers.taker(2))
    recogniser.close()


def test_a_model_that_moved_on_the_shelf_is_found_there(tmp_path: Path) -> None:
    """A reload that shares what stands takes the new files for the day when they are wanted."""
    for shelf in ("old", "new"):
        shutil.copytree(MODELS / CRNN_ZH_EN.name, tmp_path / shelf / CRNN_ZH_EN.name)
    recogniser = Recogniser(load_model([tmp_path / "old"], CRNN_ZH_EN.name), RecogniseSection(threads=1), pages=True)
    recogniser.open()
    recogniser.adopt(load_model([tmp_path / "new"], CRNN_ZH_EN.name))
    shutil.rmtree(tmp_path / "old")
    recogniser._shapes.clear()  # as after a failed inference
    answers = Answers()
    recogniser.submit(picture(100), answers.taker(0))
    recogniser.drain()
    assert answers.come[0] is not None
    recogniser.close()


def test_a_shape_that_cannot_be_compiled_is_told_and_costs_no_request(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where memory runs out: the frame failed, and a model that is being opened is refused."""
    recogniser = Recogniser(model, RecogniseSection(threads=1, requests=2))
    recogniser.open()
    monkeypatch.setattr(recogniser, "_compiled_shape", lambda _: (_ for _ in ()).throw(RuntimeError("no memory")))
    for _ in range(recogniser.requests + 1):
        with pytest.raises(FrameFailed, match=rf"the model {CRNN_ZH_EN.name} cannot be built for lines of {WIDEST} pixels: no memory"):
            recogniser.submit(picture(WIDEST), lambda *_: None)
    recogniser._shapes.clear()
    with pytest.raises(ModelError, match=r"cannot be built .* no memory"):
        recogniser.prove(model)
    recogniser.close()


def test_memory_that_was_given_back_is_taken_anew(model: LoadedModel) -> None:
    """Lines read as before; while one is in flight nothing is given back."""
    recogniser = Recogniser(model, RecogniseSection(threads=2, requests=2), pages=True)
    recogniser.open()
    answers = Answers()
    for number in range(4):
        recogniser.submit(picture(WIDEST, seed=number), answers.taker(number))
        recogniser.rest()
    recogniser.drain()
    until(lambda: len(answers.come) == 4)
    recogniser.submit(picture(WIDEST), answers.taker(-1))  # the one before may have been answered when it was to give memory back
    recogniser.drain()
    before = anonymous_mib()
    recogniser.rest()
    assert before - anonymous_mib() > 4
    for number in range(4):
        recogniser.submit(picture(WIDEST, seed=number), answers.taker(4 + number))
    recogniser.drain()
    assert all(equal(answers.come[number], answers.come[4 + number]) for number in range(4))
    recogniser.close()


def anonymous_mib() -> float:
    release_heap()
    rows = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Anonymous:")) / 1024


def test_openvino_reports_to_nobody(tmp_path: Path) -> None:
    """Imported by edged, it makes no identity in the home folder, under which it would report the import to a web service."""
    environment = os.environ | {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import edged.flow.recognise"], env=environment, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []
