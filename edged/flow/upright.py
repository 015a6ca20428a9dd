"""A line that stands upside down, where the model has a class that says so: it is told, and never read as a character."""

from typing import Final

import numpy as np

from edged.errors import FrameRejected
from edged.types import Posteriors

UPSIDE_DOWN: Final = "upside down"  # how the reason begins
_LIKELY: Final = 0.5


def upright(posteriors: Posteriors, *, blank: int, turned: int | None) -> Posteriors:
    """The posteriors of a line without the class *turned*, which no text may have.

    Nothing is left surer than it is that the line stands upright. So where *turned* outweighs weak characters only, what else was seen
    there is read, and doubted.

    Raises:
        FrameRejected: Nothing but *turned* is read, and it is more likely than not.
    """
    if turned is None:
        return posteriors
    classes, shares = posteriors.classes, posteriors.shares
    kept = classes != turned
    share = shares[~kept].max(initial=0)
    if share > _LIKELY and np.isin(classes[:, 0], (blank, turned)).all():
        message = f"{UPSIDE_DOWN}: the text was photographed the wrong way up"
        raise FrameRejected(message, hint="turn the picture by 180 degrees, and send it again")
    kept[kept.all(axis=1), -1] = False  # every row loses one: the weakest, where it has not seen *turned*
    shape = len(kept), classes.shape[1] - 1
    return Posteriors(classes=classes[kept].reshape(shape), shares=np.minimum(shares[kept], 1 - share).reshape(shape))
