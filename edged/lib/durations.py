"""How long, as people write it: `90s`, `30m`, `2h`, `7d`."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s?([smhd])")


def seconds_of(text: str) -> float:
    """The seconds of a duration.

    Raises:
        ValueError: It is none.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"found {text!r}, expected a duration such as 90s, 30m, 2h or 7d"
        raise ValueError(message)
    return float(found[1]) * _SECONDS[found[2]]
