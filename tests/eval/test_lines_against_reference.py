from pathlib import Path

import pytest

from edged.exam.labelled import labelled
from tests.eval import score_py
from tests.eval.lines import by_edged, by_reference

NET_LOSS, NET_LOSS_OF_A_SOURCE = 5, 2


def right(predictions: dict[str, str], place: Path) -> dict[str, int]:
    """Lines read right per source, by the one definition of accuracy."""
    rows = (f"{key}\t{text}\n" for key, text in predictions.items())
    place.write_text("".join(rows), encoding="utf8")
    sources = score_py.told_of(place)["sources"]
    return {source: round(figures["exact"] * figures["n"]) for source, figures in sources.items()}


@pytest.mark.eval
@score_py.needed
def test_edged_reads_what_the_reference_reads(tmp_path: Path) -> None:
    """On real pictures, edged loses at most 5 lines net to the plain loop of the same model, and at most 2 of any source."""
    keys = [line.key for line in labelled(score_py.TREE)]
    edged = right({key: transcript.text for key, transcript in by_edged(score_py.TREE, keys, tmp_path).items()}, tmp_path / "edged.tsv")
    reference = right(by_reference(score_py.TREE, keys), tmp_path / "reference.tsv")
    net = {source: edged[source] - reference[source] for source in reference}
    print("net lines against the reference:", sum(net.values()), {source: lines for source, lines in net.items() if lines})
    assert sum(net.values()) >= -NET_LOSS
    assert min(net.values()) >= -NET_LOSS_OF_A_SOURCE, net
