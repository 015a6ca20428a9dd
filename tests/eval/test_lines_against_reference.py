import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.eval_lines import labelled
from tests.eval.lines import by_edged, by_reference

SHARED = Path(os.environ.get("EDGED_SHARED", Path(__file__).parents[3] / "shared"))
TREE = SHARED / "eval"
NET_LOSS, NET_LOSS_OF_A_SOURCE = 5, 2


def right(predictions: dict[str, str], place: Path) -> dict[str, int]:
    """Lines read right per source, by the one definition of accuracy."""
    place.mkdir()
    rows = (f"{key}\t{text}\n" for key, text in predictions.items())
    (place / "predictions.tsv").write_text("".join(rows), encoding="utf8")
    command = [sys.executable, str(TREE / "score.py"), str(place / "predictions.tsv"), "--json", str(place / "score.json")]
    subprocess.run(command, check=True, capture_output=True)
    sources = json.loads((place / "score.json").read_text(encoding="utf8"))["sources"]
    return {source: round(figures["exact"] * figures["n"]) for source, figures in sources.items()}


@pytest.mark.eval
@pytest.mark.skipif(
    not (TREE / "score.py").is_file(), reason=f"the labelled pictures are not there: {TREE} (EDGED_SHARED names their folder)"
)
def test_edged_reads_what_the_reference_reads(tmp_path: Path) -> None:
    """On real pictures, edged loses at most 5 lines net to the plain loop of the same model, and at most 2 of any source."""
    keys = [key for key, _ in labelled(TREE)]
    edged = right({key: transcript.text for key, transcript in by_edged(TREE, keys).items()}, tmp_path / "edged")
    reference = right(by_reference(TREE, keys), tmp_path / "reference")
    net = {source: edged[source] - reference[source] for source in reference}
    print("net lines against the reference:", sum(net.values()), {source: lines for source, lines in net.items() if lines})
    assert sum(net.values()) >= -NET_LOSS
    assert min(net.values()) >= -NET_LOSS_OF_A_SOURCE, net
