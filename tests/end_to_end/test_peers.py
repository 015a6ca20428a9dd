"""The comparison's processes, with a model of ours and with a peer that is not installed here."""

import sys
from pathlib import Path

from scripts.peers.turns import Asked, measure
from tests.end_to_end.box import MODELS, SAMPLES


def test_all_read_the_same_crops_in_turns_and_who_cannot_be_opened_is_told() -> None:
    """A model of the shelf reads the crops in their order, each round is timed; the others go on without a peer that fails."""
    shelf = {"model": "crnn-zh-en", "precision": "fp16", "models_dir": str(MODELS)}
    peers = [
        Asked(name="ours", kind="ours", python=sys.executable, ours=True, options=shelf),
        Asked(name="unknown", kind="ours", python=sys.executable, ours=True, options=shelf | {"model": "none"}),
        Asked(name="dies", kind="no_such_kind", python=sys.executable),
    ]
    crops: list[Path] = [SAMPLES / "chinese.png", SAMPLES / "labels.tsv", SAMPLES / "digit.png"]
    ours, unknown, dies = measure(peers, crops, threads=1, rounds=2)
    assert ours.texts == ("生产日期", "", "8")
    assert (len(ours.seconds), len(ours.cpu)) == (2, 2)
    assert all(cpu > 0 for cpu in ours.cpu)
    assert ours.memory_mib > 50
    assert "1 threads" in ours.settings
    assert "there is no model none" in unknown.problem
    assert "no_such_kind" in dies.problem
