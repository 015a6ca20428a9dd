"""Golden lines: what a model must read, on this machine and with this runtime, before it is used."""

from collections.abc import Callable

from edged.config import LimitsSection
from edged.errors import ModelError
from edged.flow.ctc import decode_greedy
from edged.flow.decode import decode
from edged.flow.model_files import LoadedModel
from edged.types import Pixels, Posteriors


def prove(model: LoadedModel, recognise: Callable[[Pixels], Posteriors]) -> None:
    """Let the model read its golden lines.

    Raises:
        ModelError: It reads something else.
        FrameError: A golden picture is damaged.
    """
    for golden in model.golden:
        posteriors = recognise(decode(golden.data, LimitsSection()).image)
        read = decode_greedy(posteriors, charset=model.charset, blank=model.manifest.blank_index).text
        if read != golden.text:
            msg = f"the model {model.ref.name} {model.ref.precision} reads {read!r} in {golden.name}, which says {golden.text!r}"
            raise ModelError(msg, hint="its files do not belong together, or this CPU computes differently: build the model again")
