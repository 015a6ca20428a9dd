"""crnn-codes: its budget, its answer to what stands upside down, its batches, its export, and a training that goes on."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the foundry trains with PyTorch: make foundry-setup")
pytest.importorskip("PIL", reason="the foundry's renderer draws with Pillow")

import openvino as ov
import torch

from edged.errors import ModelError
from edged.flow.model_files import load_model
from scripts.foundry import charset, codes_train
from scripts.foundry.codes_export import compile_ir, export, layer_types, put
from scripts.foundry.codes_lesson import told
from scripts.foundry.codes_network import TURNED, Answer, Codes, CodesShape, characters, multiply_adds, weights
from scripts.foundry.codes_stream import UNTOLD, Line, Taught, batch_of, chunk, classes, gathered, line_of, shard_of, steps_of
from scripts.foundry.lesson import save
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


def checkpoint(folder: Path) -> Path:
    """A network that has learnt nothing."""
    path = folder / "last.pt"
    torch.save({"student": network().checkpoint(), "step": 3}, path)
    return path


def ways_of(compiled: ov.CompiledModel) -> list[str]:
    """How the plugin computes each convolution."""
    infos = [op.get_rt_info() for op in compiled.get_runtime_model().get_ordered_ops()]
    return [info["primitiveType"].value for info in infos if info["layerType"].value == "Convolution"]


def test_the_export_is_a_model_of_the_shelf(tmp_path: Path) -> None:
    """The daemon's loader takes it, with the class that says upside down; the CPU plugin runs the LSTM layers whole, not step by step."""
    saved = checkpoint(tmp_path)
    digests = export(saved, tmp_path / "crnn-codes", chunk(MIX, 7, 0, 6))
    model = load_model([tmp_path], "crnn-codes")
    assert model.ref.digest == digests["int8"]
    assert model.charset == ("", *characters())
    assert model.charset[model.turned_index or 0] == TURNED
    assert [golden.text for golden in model.golden].count(TURNED) == 1
    assert model.manifest.provenance.trained_by == "edged"
    assert model.manifest.provenance.checkpoint_sha256 == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert model.manifest.provenance.checkpoint_sha256 in (tmp_path / "crnn-codes" / "README.md").read_text()
    kinds = layer_types(compile_ir(tmp_path / "crnn-codes" / "fp16", 96))
    assert "RNNSeq" in kinds
    assert "TensorIterator" not in kinds
    assert not any("I8" in way for way in ways_of(compile_ir(tmp_path / "crnn-codes" / "fp16", 96)))
    assert sum("I8" in way for way in ways_of(compile_ir(tmp_path / "crnn-codes" / "int8", 96))) >= 15


def test_what_misreads_its_golden_lines_is_not_put_on_the_shelf(tmp_path: Path) -> None:
    """A network that learnt nothing is refused, and what was exported before it stays."""
    (tmp_path / "out" / "crnn-codes").mkdir(parents=True)
    (tmp_path / "out" / "crnn-codes" / "before").touch()
    with pytest.raises(ModelError, match=r"golden/lot\.png, which says 'LOT A17-042'"):
        put(checkpoint(tmp_path), tmp_path / "out", chunk(MIX, 7, 0, 6))
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["crnn-codes", "before"]


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


def test_what_a_larger_model_saw_is_stretched_to_our_steps() -> None:
    """Theirs are 8 pixels of 48 rows, ours 4 of 32: four of ours lie on three of theirs."""
    line = Line(image=np.zeros((32, 32, 3), np.uint8), labels=(), turned=False)
    assert told(line, np.arange(6), 48 / 32 / 8).tolist() == [0, 1, 1, 2, 3, 4, 4, 5]


def kept_line(text: str, width: int, steps: np.ndarray | None = None, *, turned: bool = False) -> Line:
    image = np.full((32, width, 3), 100, np.uint8)
    return Line(image=image, labels=tuple(classes()[c] for c in text), turned=turned, steps=steps)


def test_drawn_lines_come_back_from_their_shard(tmp_path: Path) -> None:
    """With their texts and the way they stand, a little different each time; nobody told where a character stands."""
    lines = [kept_line("2P24", 40), kept_line("X6", 24, turned=True)] * 20
    save(tmp_path / "a.npz", shard_of(lines))
    lessons = Taught([tmp_path / "a.npz"], seed=1, places=640)
    first, again = (list(lessons.batches(epoch)) for epoch in (0, 1))
    for batches in (first, again):
        turned = torch.cat([batch.turned for batch in batches])
        labels = torch.cat([batch.labels for batch in batches]).tolist()
        assert 20 < int(turned.sum()) < 40  # all that were drawn so, and a share of the others
        assert labels == [classes()[c] for c in "2P24"] * (40 - int(turned.sum()))
        assert all(bool((batch.steps == UNTOLD).all()) for batch in batches)
    assert first[0].pictures.float().std() > 0  # another shot of a grey line


def test_told_lines_keep_their_steps_unless_they_are_turned(tmp_path: Path) -> None:
    """Every line comes once an epoch; of one that stands upside down no place is told; behind a line stands the blank."""
    lines = [kept_line(text, width, np.full(width // 4, 7)) for text, width in [("2P24", 40), ("X6", 24)] * 40]
    save(tmp_path / "a.npz", shard_of(lines))
    lessons = Taught([tmp_path / "a.npz"], seed=1, places=640)
    batches = list(lessons.batches(0))
    assert sum(len(batch.turned) for batch in batches) == lessons.count == 80
    turned = torch.cat([batch.turned for batch in batches]) == 1
    assert 0 < int(turned.sum()) < 40
    for batch in batches:
        for row, way in zip(batch.steps, batch.turned, strict=True):
            assert set(row.tolist()) <= ({UNTOLD} if way else {7, 0})
            assert way or int((row == 7).sum()) in (10, 6)
