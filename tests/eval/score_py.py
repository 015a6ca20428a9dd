"""What `score.py` of the labelled pictures, the one definition of our figures, makes of predictions."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("EDGED_SHARED", Path(__file__).parents[3] / "shared"))
TREE = SHARED / "eval"
SCRIPT = TREE / "score.py"
needed = pytest.mark.skipif(not SCRIPT.is_file(), reason=f"the labelled pictures are not there: {TREE} (EDGED_SHARED names their folder)")


def told_of(predictions: Path, *options: str) -> dict[str, Any]:
    """Its JSON."""
    out = predictions.with_suffix(".score.json")
    command = [sys.executable, str(SCRIPT), str(predictions), "--json", str(out), *options]
    subprocess.run(command, check=True, capture_output=True)
    told: dict[str, Any] = json.loads(out.read_text(encoding="utf8"))
    return told
