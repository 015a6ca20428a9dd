"""crnn-codes: its budget, its answer to what stands upside down, its batches, its export, and a training that goes on."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the foundry trains with PyTorch: make foundry-setup")
pytest.importorskip("PIL", reason="the foundry's renderer draws with Pillow")

import torch

from scripts.foundry import charset, codes_train
from scripts.foundry.codes_export import compile_ir, export, layer_types
from scripts.foundry.codes_network import TURNED, Answer, Codes, CodesShape, characters, multiply_adds, weights
from scripts.foundry.codes_stream import Line, batch_of, chunk, classes, gathered, line_of, steps_of
from scripts.foundry.sample import Sample
from scripts.foundry.shards import greedy

MIX = (("wire_marker", 1.0),)


def network() -> Codes:
    torch.manual_seed(3)
    return Codes(CodesShape(classes=len(characters()))).eval()


def sample(text: str, kind: str = "wire_marker") -> Sample:
    image = np.random.default_rng(1).integers(0, 256, (32, 16 * max(1, len(text)), 3), np.uint8)
    return Sample(image=image, text=text, kind=kind)


def test_it_stays_within_its_budget() -> None:
    """At most 1.5 million weights, and 0.15 GFLOP at 32 x 160, a multiply-add being two."""
    assert weights(network()) <= 1_500_000
    assert 2 * multiply_adds(network(), 160) <= 150_000_000


def test_multiply_adds_grow_with_the_width() -> None:
    """All layers run along the line, so that twice the width is twice the work."""
    assert multiply_adds(network(), 320) == 2 * multiply_adds(network(), 160)


def test_its_charset_is_a_part_of_the_large_one() -> None:
    """Every character that it says is a class of crnn-zh-en, but for the answer to what stands upside down."""
    ours = characters()
    assert ours[-1] == TURNED
    assert set(ours[:-1]) <= charset.classes()
    assert set(map(chr, range(0x20, 0x7F))) <= set(ours)
    assert len(set(ours)) == len(ours)


def test_a_step_is_four_pixels() -> None:
    """The daemon counts on it where it cuts and joins long lines."""
    logits, turned = network()(torch.zeros(2, 3, 32, 96))
    assert logits.shape == (2, 24, len(characters()))
    assert turned.shape == (2,)


@pytest.mark.parametrize(("way", "expected"), [(9.0, TURNED), (-9.0, "")])
def test_upside_down_is_one_class_at_every_step(way: float, expected: str) -> None:
    """Greedy CTC reads one mark and nothing else, or the text; each step's posteriors are still a distribution."""
    model = network()
    with torch.no_grad():
        model.turned.weight.zero_()
        model.turned.bias.copy_(torch.tensor([0.0, way]))
        model.head.weight.zero_()
        model.head.bias.zero_()
        model.head.bias[0] = 5
        posteriors = Answer(model)(torch.zeros(1, 3, 32, 64))
    assert torch.allclose(posteriors.sum(2), torch.ones(1, 16), atol=1e-5)
    assert greedy(posteriors[0].argmax(1).tolist(), characters()) == expected


def test_what_reads_both_ways_is_never_turned() -> None:
    """916 and S1 are texts upside down as well: as samples they always count as upright."""
    turned, same = line_of(sample("W0741"), turned=True), line_of(sample("916"), turned=True)
    assert turned is not None
    assert turned.turned
    assert np.array_equal(turned.image, sample("W0741").image[::-1, ::-1])
    assert same is not None
    assert not same.turned
    assert line_of(sample("916", "real_wire_markers_upsidedown"), turned=False) is None


def test_what_it_cannot_say_is_no_lesson() -> None:
    """A text with a character outside the charset, or with more characters than steps, is left out."""
    assert line_of(sample("皖AL136E"), turned=False) is None
    crowded = Sample(image=np.zeros((32, 8, 3), np.uint8), text="ABCDEFG", kind="wire_marker")
    assert line_of(crowded, turned=False) is None


def test_a_line_upside_down_teaches_no_characters() -> None:
    """Its labels are left out of the batch; its pixels and its way stay."""
    lines = [line_of(sample("AB7"), turned=False), line_of(sample("CD4"), turned=True)]
    batch = batch_of([line for line in lines if line])
    assert batch.label_lengths.tolist() == [3, 0]
    assert batch.labels.tolist() == [classes()[c] for c in "AB7"]
    assert batch.turned.tolist() == [0, 1]
    assert batch.lengths.tolist() == [steps_of(48)] * 2


def test_batches_hold_every_line_once() -> None:
    """Lines of about one width lie together, none twice and none lost."""
    rng = np.random.default_rng(4)
    widths = rng.integers(16, 300, 40)
    lines = [Line(image=np.full((32, w, 3), i, np.uint8), labels=(), turned=False) for i, w in enumerate(widths)]
    batches = list(gathered(lines, rng, 2000))
    assert sorted(int(picture[0, 0, 0]) for b in batches for picture in b.pictures) == list(range(40))
    assert len(batches) > 3


def test_a_chunk_is_told_by_seed_and_number() -> None:
    """Whoever asks again gets the same lines; another number gives others."""
    first, again, other = chunk(MIX, 7, 2, 6), chunk(MIX, 7, 2, 6), chunk(MIX, 7, 3, 6)
    assert [line.labels for line in first] == [line.labels for line in again]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert [line.labels for line in first] != [line.labels for line in other]


def test_lines_upside_down_give_no_loss_of_characters() -> None:
    """What the characters cost does not change with a batch of turned lines, and no loss is endless where all are."""
    turned = line_of(sample("W0741"), turned=True)
    assert turned is not None
    losses = codes_train.loss_of(network(), batch_of([turned]))
    assert losses.parts["ctc"] == 0
    assert np.isfinite(losses.total.item())


def test_the_export_answers_as_the_network_and_fuses_its_layers(tmp_path: Path) -> None:
    """Bytes in, posteriors out; the CPU plugin runs the LSTM layers whole, not step by step."""
    export(network(), tmp_path)
    kinds = layer_types(compile_ir(tmp_path, 96))
    assert "RNNSeq" in kinds
    assert "TensorIterator" not in kinds


def test_a_training_goes_on_where_it_ended(tmp_path: Path) -> None:
    """Stopped after its first epoch and called again, it comes to the same losses as in one go, and its card and curves have both."""
    words = ["--mix", "wire_marker", "--epochs", "2", "--chunks", "1", "--chunk", "8", "--examined", "4", "--workers", "0", "--batch", "4"]
    whole = codes_train.train(codes_train.parser().parse_args([str(tmp_path / "whole"), *words]))
    codes_train.train(codes_train.parser().parse_args([str(tmp_path / "cut"), *words, "--until", "1"]))
    cut = codes_train.train(codes_train.parser().parse_args([str(tmp_path / "cut"), *words]))
    assert cut.step == whole.step
    assert [row["ctc"] for row in cut.history] == pytest.approx([row["ctc"] for row in whole.history], rel=1e-3)
    card = json.loads((tmp_path / "cut" / "card.json").read_text())
    assert len(card["history"]) == 2
    assert (tmp_path / "cut" / "curves.svg").read_text().count("<polyline") >= 3
