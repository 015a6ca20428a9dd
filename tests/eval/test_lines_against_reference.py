from collections.abc import Sequence
from pathlib import Path

import pytest

from edged.exam.labelled import labelled
from tests.eval import score_py
from tests.eval.lines import by_edged, by_reference

NET_LOSS, NET_LOSS_OF_A_SOURCE = 5, 2
_EVERY, _NET_LOSS_OF_THESE = 6, 1


def right(predictions: dict[str, str], place: Path) -> dict[str, int]:
    """Lines read right per source, by the one definition of accuracy."""
    rows = (f"{key}\t{text}\n" for key, text in predictions.items())
    place.write_text("".join(rows), encoding="utf8")
    sources = score_py.told_of(place)["sources"]
    return {source: round(figures["exact"] * figures["n"]) for source, figures in sources.items()}


def net_lines(keys: Sequence[str], place: Path) -> dict[str, int]:
    """How many lines more than the reference edged reads, per source."""
    edged = right({key: transcript.text for key, transcript in by_edged(score_py.TREE, keys, place).items()}, place / "edged.tsv")
    reference = right(by_reference(score_py.TREE, keys), place / "reference.tsv")
    net = {source: edged[source] - reference[source] for source in reference}
    print("net lines against the reference:", sum(net.values()), {source: lines for source, lines in net.items() if lines})
    return net


@pytest.mark.eval
@score_py.needed
def test_edged_reads_what_the_reference_reads(tmp_path: Path) -> None:
    """On every sixth of the real pictures, edged loses at most one line net to the plain loop of the same model, and 2 of any source.

    A wrong way to shrink lines costs 17 of these; `make soak` reads all.
    """
    net = net_lines([line.key for line in labelled(score_py.TREE)][::_EVERY], tmp_path)
    assert sum(net.values()) >= -_NET_LOSS_OF_THESE
    assert min(net.values()) >= -NET_LOSS_OF_A_SOURCE, net


@pytest.mark.soak
@pytest.mark.eval
@score_py.needed
def test_edged_reads_all_that_the_reference_reads(tmp_path: Path) -> None:
    """On all real pictures, edged loses at most 5 lines net to the plain loop of the same model, and at most 2 of any source."""
    net = net_lines([line.key for line in labelled(score_py.TREE)], tmp_path)
    assert sum(net.values()) >= -NET_LOSS
    assert min(net.values()) >= -NET_LOSS_OF_A_SOURCE, net
