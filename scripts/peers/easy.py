"""EasyOCR's english_g2, by EasyOCR's own code on torch, without its detector; its weights come as a package."""

import importlib.metadata
from collections.abc import Sequence

import cv2
import torch

try:
    import torchvision
except RuntimeError:  # one that was built for another torch lacks its operators; only detectors need them
    _OPERATORS = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _OPERATORS.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

import easyocr
import easyocr_en_models

from scripts.peers.worker import peak_mib


class Easy:
    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
        folder = easyocr_en_models.model_dir()
        self._reader = easyocr.Reader(
            ["en"],
            gpu=False,
            detector=False,
            recog_network="english_g2",
            model_storage_directory=folder,
            download_enabled=False,
            verbose=False,
        )
        self.version = f"EasyOCR {importlib.metadata.version('easyocr')}, torch {torch.__version__}, torchvision {torchvision.__version__}"
        self.settings = (
            f"english_g2, {threads} threads, INT8 linear and recurrent layers (its default), a line at a time (as it does on a CPU)"
        )

    def read(self, paths: Sequence[str]) -> list[str]:
        images = (cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in paths)
        return [" ".join(self._reader.recognize(image, detail=0)) for image in images]

    def memory_mib(self) -> float:
        return peak_mib()


def opened(threads: int, _paths: Sequence[str]) -> Easy:
    return Easy(threads)
