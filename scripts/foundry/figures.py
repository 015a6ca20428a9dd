"""The figures of a model's card: accuracy by source, confusions, milliseconds a line; what `card.py` takes.

usage: python -m scripts.foundry.figures NAME --tree TREE --rules FILE --out figures.json [--models-dir DIR] [--limits FILE]

In the environment of edged, on a machine that does nothing else. TREE is what `edged models eval` takes.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import openvino as ov

from edged.bench.figures import cpu
from edged.flow.model_files import LoadedModel, load_model
from edged.flow.runtime import graph_of
from edged.manifest import load_manifest

_CONFUSIONS: Final = 40
_ROUNDS: Final = 30
_SECONDS: Final = 1.0  # at most, of a width


def accuracy(name: str, precision: str, args: argparse.Namespace) -> dict[str, Any]:
    """What `edged models eval` says."""
    with tempfile.NamedTemporaryFile(suffix=".json") as told:
        words = ["--model", name, "--precision", precision, "--models-dir", str(args.models_dir), "--confusions", str(_CONFUSIONS)]
        command = [sys.executable, "-m", "edged", "models", "eval", str(args.tree), "--rules", str(args.rules), "--json", told.name, *words]
        subprocess.run(command, check=True, stdout=sys.stderr)
        found: dict[str, Any] = json.loads(Path(told.name).read_bytes())
    return found


def speed(model: LoadedModel, precision: str) -> list[tuple[str, int, float]]:
    """Milliseconds of one line on one core, by width; compiled as the daemon does it."""
    spec, rows = model.manifest.input, []
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "CACHE_DIR": ""}
    for width in spec.width_buckets:
        graph = graph_of(*model.ir.read())
        graph.reshape([1, spec.height, width, spec.channels])
        request = ov.Core().compile_model(graph, "CPU", settings).create_infer_request()
        request.get_input_tensor().data[...] = np.random.default_rng(width).integers(0, 256, (1, spec.height, width, spec.channels))
        request.infer()
        took, begun = list[float](), time.perf_counter()
        while len(took) < _ROUNDS and time.perf_counter() - begun < _SECONDS:
            before = time.perf_counter()
            request.infer()
            took.append(time.perf_counter() - before)
        rows.append((precision, width, round(statistics.median(took) * 1000, 2)))
    return rows


def machine() -> str:
    """Where it was measured."""
    name, version = cpu(platform.machine()), ov.__version__.split("-")[0]
    return f"One core of {name} ({os.cpu_count()} cores), OpenVINO {version}, one line at a time, the graph alone."


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--limits", type=Path, help="sentences of what it does not read, one a line")
    args = parser.parse_args()
    precisions = {p: accuracy(args.name, p, args) for p in load_manifest(args.models_dir / args.name).files}
    first = next(iter(precisions.values()))
    figures = {
        "precisions": {p: {"summary": found["means"], "sources": found["sources"]} for p, found in precisions.items()},
        "confidence": {p: found["confidence"] for p, found in precisions.items()},
        "confusions": [(c["true"], c["read"], c["n"]) for c in first["confusions"]],
        "speed": [row for p in precisions for row in speed(load_model([args.models_dir], args.name, p), p)],
        "speed_on": machine(),
    }
    if args.limits:
        figures["limits"] = args.limits.read_text(encoding="utf8").splitlines()
    args.out.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf8")


if __name__ == "__main__":
    main()
