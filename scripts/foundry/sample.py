"""What a source gives: one line picture and the text that stands in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture (height x width x 3, BGR), its text in logical order, and the kind of source that drew it."""

    image: Image
    text: str
    kind: str


Source: TypeAlias = Callable[[np.random.Generator], Sample]
