"""RapidOCR's recogniser on its OpenVINO engine, with the settings that are fastest here.

It is used without its detector and without its threshold: crops in, texts out. Its engine has one request per
session, so what may be chosen is: lines a batch, the widths that they are padded to (`rec_img_shape`; by itself 320 and
then every width there is), and one session with all threads or a session for each. Each is tried on a share of the
crops, one after the other, warm, and the fastest is kept; accuracy is that of the same setting.
"""

import importlib.metadata
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from rapidocr import EngineType, RapidOCR
from rapidocr.ch_ppocr_rec.typings import TextRecInput
from rapidocr.inference_engine.openvino.device_config import CPUConfig

from scripts.peers.worker import peak_mib

_HEIGHT, _WIDTHS = 48, (160, 240, 320, 480, 640, 960, 1280)
_MODEL = Path(rapidocr.__file__).parent / "models" / "PP-OCRv6_rec_small.onnx"
_TRIED = 32  # crops, warm, the better of two times

Image = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Setting:
    batch: int = 6
    fixed: bool = False  # widths
    sessions: int = 1


class Rapid:
    def __init__(self, threads: int, setting: Setting) -> None:
        cv2.setNumThreads(threads)
        each = threads // setting.sessions
        self._setting, self._pool = setting, ThreadPoolExecutor(setting.sessions)
        self._sessions = [_session(each) for _ in range(setting.sessions)]
        self.version = f"RapidOCR {importlib.metadata.version('rapidocr')}, OpenVINO {importlib.metadata.version('openvino')}"
        kind = self._sessions[0].session.session.get_compiled_model().get_property("INFERENCE_PRECISION_HINT").to_string()
        widths = f"widths fixed to {', '.join(map(str, _WIDTHS))}" if setting.fixed else "widths as they come, 320 at least"
        self.settings = f"{_MODEL.stem}, batches of {setting.batch}, {widths}, sessions {setting.sessions} x threads {each}, {kind}"

    def read(self, paths: Sequence[str]) -> list[str]:
        shares = [list(range(first, len(paths), len(self._sessions))) for first in range(len(self._sessions))]

        def work(session: Any, share: Sequence[int]) -> list[str]:
            return _texts(session, [np.asarray(cv2.imread(paths[index])) for index in share], self._setting)

        texts = [""] * len(paths)
        for share, read in zip(shares, self._pool.map(work, self._sessions, shares), strict=True):
            for index, text in zip(share, read, strict=True):
                texts[index] = text
        return texts

    def memory_mib(self) -> float:
        return peak_mib()


def _texts(session: Any, images: Sequence[Image], setting: Setting) -> list[str]:
    session.rec_batch_num = setting.batch
    if not setting.fixed:
        session.rec_image_shape = [3, _HEIGHT, 320]
        return list(session(TextRecInput(img=list(images))).txts) if images else []

    def width(index: int) -> int:
        tall, wide = images[index].shape[:2]
        needed = math.ceil(_HEIGHT * wide / tall)
        return next((one for one in _WIDTHS if needed <= one), _WIDTHS[-1])

    texts = [""] * len(images)
    for fixed, group in groupby(sorted(range(len(images)), key=width), key=width):
        indexes = list(group)
        session.rec_image_shape = [3, _HEIGHT, fixed]
        for index, text in zip(indexes, session(TextRecInput(img=[images[i] for i in indexes])).txts, strict=True):
            texts[index] = text
    return texts


def _session(threads: int) -> Any:
    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Rec.engine_type": EngineType.OPENVINO,
            "Rec.model_path": str(_MODEL),
            "EngineConfig.openvino.inference_num_threads": threads,
        }
    )
    return engine._load_rec_model()  # noqa: SLF001 - the recogniser alone


def fastest(threads: int, paths: Sequence[str]) -> Setting:
    """Batches first, then widths, then sessions: each as it is fastest with what was found before."""
    best, least = Setting(), math.inf
    for changes in ([{"batch": batch} for batch in (6, 1, 16)], [{"fixed": True}], [{"sessions": threads}] if threads > 1 else []):
        for setting in [replace(best, **one) for one in changes]:
            peer = Rapid(threads, setting)
            peer.read(paths)
            taken = min(_seconds(peer, paths) for _ in range(2))
            print(f"RapidOCR: {setting}: {len(paths) / taken:.1f} crops a second", file=sys.stderr, flush=True)
            best, least = (setting, taken) if taken < least else (best, least)
    return best


def _seconds(peer: Rapid, paths: Sequence[str]) -> float:
    begun = time.perf_counter()
    peer.read(paths)
    return time.perf_counter() - begun


def compute_in(arithmetic: str) -> None:
    """Have all sessions compute in f32, say; RapidOCR has no setting for it, OpenVINO takes bf16 by itself where the CPU has it."""
    plain = CPUConfig.get_config
    CPUConfig.get_config = lambda self: plain(self) | {"INFERENCE_PRECISION_HINT": arithmetic}


def opened(threads: int, paths: Sequence[str], *, arithmetic: str = "") -> Rapid:
    """With the fastest setting, found in another process: what was tried must not count as memory of this one."""
    command = [sys.executable, "-m", __name__, str(threads), arithmetic]
    if arithmetic:
        compute_in(arithmetic)
    tried = json.dumps(paths[:: max(1, len(paths) // _TRIED)])
    told = subprocess.run(command, input=tried, stdout=subprocess.PIPE, text=True, encoding="utf8", check=True).stdout
    return Rapid(threads, Setting(**json.loads(told.splitlines()[-1])))


if __name__ == "__main__":
    if sys.argv[2]:
        compute_in(sys.argv[2])
    print(json.dumps(asdict(fastest(int(sys.argv[1]), json.load(sys.stdin)))))
