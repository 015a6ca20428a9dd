"""The card of a model that learnt: what it learnt from, and what was read before and after."""

from collections.abc import Sequence

from edged.tuning.session import Learnt


def card(name: str, old: str, what: str, learnt: Sequence[Learnt], left_out: Sequence[str], *, day: str) -> str:
    """The text of `README.md`."""
    rows = ["| lines read exactly | of | before | after |", "|---|---|---|---|"]
    rows += [
        f"| {one.precision}: {kind} | {score.lines} | {score.before} | {score.after} |"
        for one in learnt
        for kind, score in (("examples", one.examples), ("remembered", one.remembered), ("golden", one.golden))
    ]
    table, notes = "\n".join(rows), "\n".join([*map(_note, learnt), *(f"* Left out: {why}." for why in left_out)])
    return f"""\
# {name}

Learnt on this box on {day} from {what}.
Examples and remembered lines that are counted here were kept aside: no text of them was learnt.

{table}

{notes}
* The confidence is not calibrated: what was fitted to `{old}` does not hold for other weights.
* `remembered.zip` now has some of the examples, so that the next learning keeps them: whoever has this folder can see them.
"""


def _note(one: Learnt) -> str:
    done, planned = one.steps
    late = "" if done == planned else "; the time was up"
    back = "" if one.share == 1 else " (farther, too much was forgotten)"
    unfit = f"; {one.unfit} examples left out, too wide or without room for their text" if one.unfit else ""
    return f"* {one.precision}: {done} of {planned} steps, {one.share:.0%} of the way to what was learnt{back}{late}{unfit}."
