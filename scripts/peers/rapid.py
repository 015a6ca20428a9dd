"""RapidOCR's recogniser on its OpenVINO engine, with the settings that are fastest here.

It is used without its detector and without its threshold: crops in, texts out. Its engine has one request per
session, so what may be chosen is: lines a batch, the widths that they are padded to (`rec_img_shape`; by itself 320 and
then every width there is), and one session with all threads or a session for each. Each is tried on a share of the
crops, one after the other, warm, and the fastest is kept; accuracy is that of the same setting.
"""

import importlib.metadata
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from rapidocr import EngineType, RapidOCR
from rapidocr.ch_ppocr_rec.typings import TextRecInput

from scripts.peers.worker import peak_mib

_HEIGHT, _WIDTHS = 48, (160, 240, 320, 480, 640, 960, 1280)
_MODEL = Path(rapidocr.__file__).parent / "models" / "PP-OCRv6_rec_small.onnx"
_TRIED = 64  # crops

Image = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Setting:
    batch: int = 6
    fixed: bool = False  # widths
    sessions: int = 1


class Rapid:
    def __init__(self, threads: int, paths: Sequence[str]) -> None:
        cv2.setNumThreads(threads)
        self._threads, self._sessions = threads, {1: [_session(threads)]}
        if threads > 1:
            self._sessions[threads] = [_session(1) for _ in range(threads)]
        self._pool, self._setting = ThreadPoolExecutor(threads), Setting()
        self._choose(paths[:: max(1, len(paths) // _TRIED)])
        self._sessions = {self._setting.sessions: self._sessions[self._setting.sessions]}
        self.version = f"RapidOCR {importlib.metadata.version('rapidocr')}, OpenVINO {importlib.metadata.version('openvino')}"
        compiled = self._sessions[self._setting.sessions][0].session.session.get_compiled_model()
        kind = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        widths = f"widths fixed to {', '.join(map(str, _WIDTHS))}" if self._setting.fixed else "widths as they come, 320 at least"
        each = threads // self._setting.sessions
        self.settings = (
            f"{_MODEL.stem}, batches of {self._setting.batch}, {widths}, sessions {self._setting.sessions} x threads {each}, {kind}"
        )

    def _choose(self, paths: Sequence[str]) -> None:
        tries = [{"batch": batch} for batch in (6, 1, 16)], [{"fixed": True}], [{"sessions": n} for n in self._sessions if n > 1]
        best = self._seconds(self._setting, paths)
        for changes in tries:
            timed = [(self._seconds(setting, paths), setting) for setting in (replace(self._setting, **one) for one in changes)]
            for seconds, setting in timed:
                if seconds < best:
                    best, self._setting = seconds, setting

    def _seconds(self, setting: Setting, paths: Sequence[str]) -> float:
        self._read(setting, paths)
        begun = time.perf_counter()
        self._read(setting, paths)
        return time.perf_counter() - begun

    def read(self, paths: Sequence[str]) -> list[str]:
        return self._read(self._setting, paths)

    def _read(self, setting: Setting, paths: Sequence[str]) -> list[str]:
        sessions = self._sessions[setting.sessions]
        shares = [list(range(first, len(paths), len(sessions))) for first in range(len(sessions))]

        def work(session: Any, share: Sequence[int]) -> list[str]:
            return _texts(session, [np.asarray(cv2.imread(paths[index])) for index in share], setting)

        texts = [""] * len(paths)
        for share, read in zip(shares, self._pool.map(work, sessions, shares), strict=True):
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


def opened(threads: int, paths: Sequence[str]) -> Rapid:
    return Rapid(threads, paths)
