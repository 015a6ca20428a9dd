import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.flow.segments import cut, join
from edged.types import Posteriors

WIDEST, OVERLAP, STRIDE = 320, 96, 4


def picture(width: int) -> np.ndarray:
    """A line whose column x has the value x in two bytes, so that every column is known again."""
    columns = np.arange(width)
    image = np.zeros((32, width, 3), np.uint8)
    image[:, :, 0], image[:, :, 1] = columns % 256, columns // 256
    return image


def seen(piece: np.ndarray) -> Posteriors:
    """What a perfect recogniser tells of a piece: the number of the first column of each step, and one step of padding."""
    columns = piece[0, :, 0] + np.int32(256) * piece[0, :, 1]
    rows = columns[::STRIDE]
    return same(np.append(rows, rows[-1] + STRIDE)[: WIDEST // STRIDE])


def same(rows: np.ndarray) -> Posteriors:
    """One class a step, its share a thousandth of its number."""
    classes = rows.reshape(-1, 1).astype(np.int32)
    return Posteriors(classes=classes, shares=(classes / 1000).astype(np.float32))


@given(st.integers(1, 5000))
def test_nothing_is_lost_doubled_or_squeezed(width: int) -> None:
    """For every width, the joined steps are those of the whole line, each once and in order."""
    pieces = cut(picture(width), widest=WIDEST, overlap=OVERLAP)
    joined = join([seen(piece) for piece in pieces], overlap=OVERLAP // STRIDE)
    classes = joined.classes[:, 0]
    steps = -(-width // STRIDE)
    assert classes[:steps].tolist() == [STRIDE * i for i in range(steps)]
    assert len(classes) <= steps + 1
    assert np.allclose(joined.shares, joined.classes / 1000)


@given(st.integers(1, 5000))
def test_pieces_fit_and_touch(width: int) -> None:
    """Every piece fits the widest shape, all but the last fill it, and the last is more than overlap."""
    pieces = cut(picture(width), widest=WIDEST, overlap=OVERLAP)
    assert all(piece.shape[1] == WIDEST for piece in pieces[:-1])
    assert 1 <= pieces[-1].shape[1] <= WIDEST
    assert len(pieces) == 1 or pieces[-1].shape[1] > OVERLAP


@pytest.mark.parametrize(("width", "count"), [(1, 1), (320, 1), (321, 2), (544, 2), (545, 3)])
def test_as_few_pieces_as_possible(width: int, count: int) -> None:
    """A line is cut only where it has to be."""
    assert len(cut(picture(width), widest=WIDEST, overlap=OVERLAP)) == count


def test_the_seam_is_in_the_middle_of_the_overlap() -> None:
    """Each side gives the half that is farther from its own edge."""
    joined = join([same(np.full(80, 1)), same(np.full(50, 2))], overlap=24)
    assert joined.classes[:, 0].tolist() == [1] * 68 + [2] * 38
