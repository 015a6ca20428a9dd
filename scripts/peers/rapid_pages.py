"""RapidOCR, all of it, on whole pictures: OpenVINO engine, its defaults or what is asked for.

Runs in the environment of the peers, for eval_pages.py.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import cv2
from rapidocr import EngineType, RapidOCR

from scripts.peers.worker import peak_mib


def main() -> None:
    job = json.load(sys.stdin)
    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Det.engine_type": EngineType.OPENVINO,
            "Cls.engine_type": EngineType.OPENVINO,
            "Rec.engine_type": EngineType.OPENVINO,
            "EngineConfig.openvino.inference_num_threads": len(os.sched_getaffinity(0)),
        }
        | job["params"]
    )
    read: dict[str, Any] = {}
    for name, paths in job["wanted"].items():
        for path in paths[:5]:
            engine(cv2.imread(str(Path(job["pages"], path))))
        begun = time.perf_counter()
        found = {path: engine(cv2.imread(str(Path(job["pages"], path)))) for path in paths}
        seconds = time.perf_counter() - begun
        print(f"{name}: {len(paths) / seconds:.2f} pictures a second, {peak_mib():.0f} MiB at most", file=sys.stderr, flush=True)
        read |= {path: _lines(result) for path, result in found.items()}
    Path(job["out"]).write_text(json.dumps(read, ensure_ascii=False), encoding="utf8")


def _lines(result: Any) -> list[dict[str, Any]]:
    if result.boxes is None:
        return []
    return [{"text": text, "box": box.tolist()} for text, box in zip(result.txts, result.boxes, strict=True)]


if __name__ == "__main__":
    main()
