"""The detector at work: fixed sizes, one look at a time. The layout's door to OpenVINO.

f32 is asked for as the recogniser asks for it, and its threads are the recogniser's: one look takes all of them, for it is the longest step
of a picture, and nothing of that picture can be read before. A size is compiled when the first picture needs it. Each keeps its own
weights, but only the one that was used last keeps its maps, which are most of the memory of a detector.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import openvino as ov

from edged.config import LimitsSection, RecogniseSection
from edged.errors import FrameFailed, ModelError
from edged.flow.decode import decode
from edged.flow.detect.boxes import SURE, Corners, Map, Thresholds, boxes_of
from edged.flow.detect.closer import closer
from edged.flow.detect.fit import Size, canvases, fit, padded
from edged.flow.detect.order import in_reading_order
from edged.flow.detect.tiles import Tile, joined, tiles, touched
from edged.flow.model_files import LoadedDetector
from edged.flow.runtime import core, graph_of, opening
from edged.lib.beat import Beat, nothing
from edged.types import Pixels

_KEPT: Final = 3  # compiled sizes
_MORE: Final = 2  # times as many boxes as there are texts: a detector may see specks, too
_OFF: Final = 0.5  # of union: how much of a golden box must be where it should


class _Look(NamedTuple):
    """The memory of one compiled size."""

    model: ov.CompiledModel
    request: ov.InferRequest
    pixels: Pixels  # 1 x H x W x 3
    likely: npt.NDArray[np.float32]  # 1 x 1 x H x W


class Detector:
    """Finds text in frames with one model. `find` may be called from any thread."""

    def __init__(self, model: LoadedDetector, section: RecogniseSection) -> None:
        """Keep what to do; `open` does it."""
        self.section = section
        self._model, self._input = model, model.manifest.input
        self.threads = section.threads or len(os.sched_getaffinity(0))
        self._lock = threading.Lock()
        self._looks: OrderedDict[Size, _Look] = OrderedDict()
        self._canvases = canvases(self._input.sizes)
        self._graph: ov.Model | None = None

    def open(self) -> None:
        """Build the model and let it find the texts of its golden pictures.

        Raises:
            ModelError: The runtime refuses it, it contradicts its manifest, or it finds something else.
            FrameError: A golden picture is damaged.
        """
        with opening(self._model.ref.name):
            self._graph = graph_of(*self._model.ir.read())
            self._check_answer(self._graph)
            self.prove(self._model)

    def prove(self, model: LoadedDetector) -> None:
        """Let it find the texts of the golden pictures of *model*, whose digest is its own; also while others look.

        Raises:
            ModelError: It finds something else.
            FrameError: A golden picture is damaged.
        """
        for golden in model.golden:
            found = [_hull(corners) for corners in self.find(decode(golden.data, LimitsSection()).image)]
            missed = any(max((_shared(one, box) for one in found), default=0.0) < _OFF for box in golden.boxes)
            if missed or len(found) > _MORE * len(golden.boxes):
                msg = (
                    f"the model {model.ref.name} {model.ref.precision} finds text at {found} in {golden.name}, it stands at {golden.boxes}"
                )
                raise ModelError(msg, hint="its files do not belong together, or this CPU computes differently: build the model again")

    def find(self, image: Pixels, thresholds: Thresholds | None = None, beat: Beat = nothing) -> list[Corners]:
        """Where text stands in a frame, in pixels of the frame, in reading order.

        Args:
            image: H x W x 3, of any size.
            thresholds: What counts as text; the usual ones where none are given.
            beat: Called between two looks: a large frame takes many.

        Raises:
            FrameFailed: The inference failed.
        """
        usual = thresholds or Thresholds()
        fitted = fit(image, self._canvases)
        plane, pixels = _size(fitted.pixels), fitted.pixels
        size = self._tile(plane)

        def window(tile: Tile) -> Pixels:
            y, x = tile.down.start, tile.across.start
            return pixels[y : y + size[0], x : x + size[1]]

        likely = joined(plane, tiles(plane, size), window, self._beating(beat, size))
        boxes = [fitted.back(corners) for corners in boxes_of(likely, usual)]

        def search(by: int, around: Sequence[Corners]) -> list[Corners]:
            return self._closer(image, by, around, usual, beat)

        return in_reading_order(closer(boxes, min(fitted.across, fitted.down), image.shape[0] * image.shape[1], search))

    def _closer(self, image: Pixels, by: int, around: Sequence[Corners], thresholds: Thresholds, beat: Beat) -> list[Corners]:
        """What stands around some boxes of a frame, at one pixel of the map for *by* of the frame along a side."""
        tall, wide = _size(image)
        plane = (max(1, tall // by), max(1, wide // by))
        size = self._tile(plane)

        def window(tile: Tile) -> Pixels:
            y, x = tile.down.start, tile.across.start
            height, width = min(size[0], plane[0] - y), min(size[1], plane[1] - x)
            seen = image[by * y : by * (y + height), by * x : by * (x + width)]
            return np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA), np.uint8) if by > 1 else seen

        chosen = touched(tiles(plane, size), [np.divide(box, by, dtype=np.float32) for box in around])
        likely = joined(plane, chosen, window, self._beating(beat, size))
        return [corners * np.float32(by) for corners in boxes_of(likely, thresholds)]

    def _tile(self, plane: Size) -> Size:
        """The smallest size that holds a plane, else the last one."""
        holding = [size for size in self._input.sizes if size[0] >= plane[0] and size[1] >= plane[1]]
        return min(holding, key=lambda size: size[0] * size[1], default=self._input.sizes[-1])

    def _beating(self, beat: Beat, size: Size) -> Callable[[Pixels], Map]:
        def look(pixels: Pixels) -> Map:
            beat()
            return self.look(padded(pixels, size, self._input.padding))

        return look

    def look(self, pixels: Pixels) -> Map:
        """How likely each pixel lies in the core of a text; one caller at a time, the others wait.

        Args:
            pixels: H x W x 3, one of the fixed sizes.

        Raises:
            FrameFailed: The inference failed.
        """
        height, width = pixels.shape[:2]
        with self._lock:
            look = self._looked((height, width))
            look.pixels[0] = pixels
            try:
                look.request.infer()
            except RuntimeError as error:
                del self._looks[height, width]  # compiled anew for the next picture
                msg = f"the detector failed: {error}"
                raise FrameFailed(msg, hint="see the journal of the daemon") from error
            return np.asarray(np.rint(look.likely[0, 0] * SURE), np.uint8)

    def rest(self) -> None:
        """Give the maps back, which are 38 MB; the next look takes them anew. For who needs the memory before that."""
        with self._lock:
            if self._looks:
                next(reversed(self._looks.values())).model.release_memory()

    def close(self) -> None:
        """Release the model. Idempotent; nothing is looked at afterwards."""
        with self._lock:
            self._looks.clear()
            self._graph = None

    @property
    def compiled(self) -> tuple[Size, ...]:
        """The sizes that stand compiled, the latest last."""
        return tuple(self._looks)

    def _looked(self, size: Size) -> _Look:
        """What looks at one size, compiled on first use; the lock is held."""
        if self._looks and next(reversed(self._looks)) != size:
            next(reversed(self._looks.values())).model.release_memory()
        if size not in self._looks:
            while len(self._looks) >= _KEPT:
                self._looks.popitem(last=False)
            self._looks[size] = self._compiled(size)
        self._looks.move_to_end(size)
        return self._looks[size]

    def _compiled(self, size: Size) -> _Look:
        assert self._graph is not None  # opened
        shaped = self._graph.clone()
        shaped.reshape([1, *size, self._input.channels])
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,
        }
        model = core().compile_model(shaped, "CPU", settings)
        request = model.create_infer_request()
        return _Look(model, request, request.get_input_tensor().data, request.get_output_tensor().data)

    def _check_answer(self, graph: ov.Model) -> None:
        size = self._input.sizes[0]
        graph.reshape([1, *size, self._input.channels])
        found = [tuple(output.shape) for output in graph.outputs]
        if found != [(1, 1, *size)]:
            msg = f"the model {self._model.ref.name} answers {found} for {size} pixels, expected one map {(1, 1, *size)}"
            raise ModelError(msg, hint="the manifest belongs to another model: build the model again")


def _size(pixels: Pixels) -> Size:
    height, width = pixels.shape[:2]
    return height, width


def _hull(corners: Corners) -> tuple[int, int, int, int]:
    left, top = (round(float(side)) for side in corners.min(axis=0))
    right, bottom = (round(float(side)) for side in corners.max(axis=0))
    return left, top, right, bottom


def _shared(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Intersection over union."""
    wide, tall = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, wide) * max(0, tall)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / max(1, areas - both)
