"""Greedy CTC (Graves et al. 2006): the strongest class per time step, repeats merged, blanks dropped.

A character's confidence is its posterior at the strongest step of its run; its alternative is the best
other class at that step.

The confidence of the text is that of its weakest character, and 0 for no text: a text is as sure as the
character that is most likely wrong in it. Of ten candidates on 3,692 labelled lines it was the closest to
the share that is right (expected calibration error 0.04; product 0.14, geometric mean 0.18, mean 0.20,
probability of the whole path 0.42) and among the best at ranking wrong texts below right ones.
"""

from collections.abc import Sequence

from edged.types import Character, Posteriors, Transcript

SEEN = 1e-3  # what else was seen at a character is told from this posterior on; below it is noise


def decode_greedy(posteriors: Posteriors, *, charset: Sequence[str], blank: int) -> Transcript:
    """Read the text of one line.

    Args:
        posteriors: T x K, most likely class first.
        charset: Text of each class.
        blank: Index of the class that means nothing.
    """
    peaks = _peaks(posteriors, blank)
    classes, shares = posteriors.classes[peaks].tolist(), posteriors.shares[peaks].tolist()
    characters = tuple(_character(*of_step, charset, blank) for of_step in zip(classes, shares, strict=True))
    return Transcript(
        text="".join(character.text for character in characters),
        confidence=min((character.confidence for character in characters), default=0.0),
        characters=characters,
    )


def _peaks(posteriors: Posteriors, blank: int) -> list[int]:
    """The strongest step of each run of a class that is not the blank."""
    peaks: list[int] = []
    heights, before = posteriors.shares[:, 0].tolist(), blank
    for step, best in enumerate(posteriors.classes[:, 0].tolist()):
        if best not in (before, blank):
            peaks.append(step)
        elif best != blank and heights[step] > heights[peaks[-1]]:
            peaks[-1] = step
        before = best
    return peaks


def _character(classes: Sequence[int], shares: Sequence[float], charset: Sequence[str], blank: int) -> Character:
    confidence, runner_up = _share(shares[0]), _share(shares[1])
    others = []
    for index, share in zip(classes[1:], shares[1:], strict=True):
        if share < SEEN:  # and so is all behind it
            break
        others.append(("" if index == blank else charset[index], share))
    return Character(
        text=charset[classes[0]],
        confidence=confidence,
        alternative="" if classes[1] == blank else charset[classes[1]],
        margin=confidence - runner_up,
        others=tuple(others),
    )


def _share(posterior: float) -> float:
    """A share within 0..1: rounding in the softmax may leave a little more."""
    return min(1.0, max(0.0, posterior))
