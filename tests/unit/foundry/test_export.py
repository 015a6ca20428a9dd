from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch: Any = pytest.importorskip("torch", reason="PyTorch is an extra of the foundry")


def checkpoint(path: Path, *, classes: int = 4, bias: float = 0.0) -> Path:
    from scripts.foundry.network import Shape, Student

    torch.manual_seed(1)
    student = Student(Shape(features=8, hidden=4, layers=1, classes=classes))
    with torch.no_grad():
        student.head.bias[0] = bias
    torch.save({"student": student.checkpoint(), "step": 7}, path)
    return path


def charset(folder: Path) -> Path:
    path = folder / "charset.txt"
    path.write_text("a\nb\n \n", encoding="utf-8")
    return path


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path: Path) -> None:
    """Neither time nor place stands in what is carried."""
    from scripts.foundry.export import export

    saved, classes = checkpoint(tmp_path / "best.pt"), charset(tmp_path)
    made = [[p.read_bytes() for p in export(saved, "tiny", classes, tmp_path / place, None)] for place in ("one", "two")]
    assert made[0] == made[1]
    with np.load(tmp_path / "one" / "tiny.npz") as arrays:
        assert {"tail.first.grow.weight", "norm.weight", "rnn.weight_hh_l0_reverse", "back.bias", "head.weight"} <= set(arrays)
        assert {arrays[name].dtype for name in arrays} == {np.dtype(np.float16)}
    assert (tmp_path / "one" / "tiny.txt").read_bytes() == classes.read_bytes()


def test_a_charset_of_another_training_is_refused(tmp_path: Path) -> None:
    """Both numbers are told, and nothing is written."""
    from scripts.foundry.export import export

    with pytest.raises(ValueError, match=r"5 classes, .* with the blank 4"):
        export(checkpoint(tmp_path / "best.pt", classes=5), "tiny", charset(tmp_path), tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_a_training_that_went_astray_is_refused(tmp_path: Path) -> None:
    """What f16 cannot hold would be infinite on the box."""
    from scripts.foundry.export import export

    with pytest.raises(ValueError, match=r"head\.bias: has values beyond f16"), np.errstate(over="ignore"):
        export(checkpoint(tmp_path / "best.pt", bias=1e6), "tiny", charset(tmp_path), tmp_path / "out", None)
