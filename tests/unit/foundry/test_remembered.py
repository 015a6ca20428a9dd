"""The lines that crnn-zh-en takes along."""

from edged.config import LimitsSection
from edged.flow.decode import decode
from edged.shelf.recipes import CRNN_ZH_EN
from edged.tuning.examples import unpacked
from scripts.foundry.paths import HERE

NECK = CRNN_ZH_EN.neck
assert NECK


def test_they_are_small_and_can_be_learnt() -> None:
    """Every picture fits into a shape of the model, every text into its classes."""
    content = NECK.remembered
    assert content is not None
    assert len(content) < 3_000_000
    lines, known = unpacked(content), set((HERE / "charset.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n"))
    sizes = [decode(data, LimitsSection()).image.shape for data, _ in lines]
    assert {tall for tall, _, _ in sizes} == {CRNN_ZH_EN.input.height}
    assert max(wide for _, wide, _ in sizes) <= CRNN_ZH_EN.input.width_buckets[-1]
    assert all(text and known.issuperset(text) for _, text in lines)
    assert len({text for _, text in lines}) > 1000
