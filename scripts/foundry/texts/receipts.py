"""Till receipts, invoices and tickets in English."""

import numpy as np

from scripts.foundry.texts import digits, letters, listed, number, one, weighted
from scripts.foundry.texts.english import FIRST, LAST, ROADS, phone, words

ITEMS = listed("receipt items")
TOTALS = listed("receipt totals")
HEADS = listed("receipt heads")
THANKS = listed("receipt thanks")
CITIES = listed("cities")


def date(rng: np.random.Generator) -> str:
    """A date in any usual shape."""
    y, m, d = int(rng.integers(2005, 2032)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    month = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"[3 * m - 3 : 3 * m]
    shapes = (f"{d:02}/{m:02}/{y}", f"{d:02}-{m:02}-{y}", f"{m:02}/{d:02}/{y % 100:02}", f"{y}-{m:02}-{d:02}", f"{d} {month} {y}",
        f"{d:02}-{month}-{y % 100:02}",
              f"{d}/{m}/{y}", f"{y}/{m:02}/{d:02}", f"{d:02}.{m:02}.{y}", f"{month.title()} {d}, {y}", f"{d:02}/{m:02}/{y % 100:02}",
              f"{m}/{d}/{y}")  # fmt: skip
    return one(rng, shapes)


def time(rng: np.random.Generator) -> str:
    """A time of day."""
    h, m, s = int(rng.integers(24)), int(rng.integers(60)), int(rng.integers(60))
    half = one(rng, (" AM", " PM", "AM", "PM", " am", " pm"))
    return one(rng, (f"{h:02}:{m:02}", f"{h:02}:{m:02}:{s:02}", f"{h % 12 or 12}:{m:02}{half}", f"{h % 12 or 12:02}:{m:02}:{s:02}{half}"))


def price(rng: np.random.Generator) -> str:
    """An amount as a till prints it."""
    amount = number(rng, 2, 3) if rng.random() < 0.9 else f"{rng.integers(1, 20)},{rng.integers(1000):03}.{rng.integers(100):02}"
    before = weighted(rng, [(60, ""), (14, "$"), (8, "RM"), (5, "RM "), (3, "$ "), (2, "£"), (2, "€"), (1, "-"), (1, "¥")])
    return (
        before + amount + weighted(rng, [(80, ""), (4, " S"), (4, " SR"), (3, "-"), (3, " T"), (2, " N"), (2, " A"), (1, "F"), (1, "CR")])
    )


def item(rng: np.random.Generator) -> str:
    """A sold thing, maybe with its number, count and price."""
    name = " ".join(one(rng, ITEMS) if rng.random() < 0.7 else one(rng, words()).upper() for _ in range(int(rng.integers(1, 4))))
    if rng.random() < 0.25:
        name += f" {rng.integers(1, 900)}{one(rng, ('G', 'ML', 'KG', 'L', 'PCS', 'OZ', 'MM', 'CM', 'X', chr(39) + 'S', '%'))}"
    kind = float(rng.random())
    if kind < 0.45:
        return name
    if kind < 0.65:
        return f"{name} {price(rng)}"
    if kind < 0.8:
        return (
            f"{rng.integers(1, 20)} {one(rng, ('X ', 'x ', '', '@ '))}{price(rng)}"
            if rng.random() < 0.5
            else f"{rng.integers(1, 20)} {name} {price(rng)}"
        )
    return f"{digits(rng, 4, 13)} {name}" if rng.random() < 0.6 else digits(rng, 6, 13)


def address(rng: np.random.Generator) -> str:
    """A line of an address in capitals."""
    shapes = (
        f"NO. {rng.integers(1, 200)}, JALAN {one(rng, LAST).upper()} {rng.integers(1, 40)}/{rng.integers(1, 60)},",
        f"{digits(rng, 5, 5)} {one(rng, CITIES)}",
        f"{rng.integers(1, 9999)} {one(rng, LAST)} {one(rng, ROADS)}", f"{one(rng, CITIES)}, {letters(rng, 2, 2)} {digits(rng, 5, 5)}",
        f"LOT {rng.integers(1, 900)}, {one(rng, LAST).upper()} {one(rng, ROADS).upper()},",
        f"{one(rng, LAST).upper()} {one(rng, ('SDN BHD', 'SDN. BHD.', 'TRADING', 'INC.', 'CO., LTD', 'ENTERPRISE', 'MART'))}",
        f"({digits(rng, 6, 7)}-{letters(rng, 1, 1)})", f"TAMAN {one(rng, LAST).upper()}, {digits(rng, 5, 5)} {one(rng, CITIES)}.",
    )  # fmt: skip
    return one(rng, shapes)


def head(rng: np.random.Generator) -> str:
    """A label and its value."""
    value = weighted(rng, [(4, date(rng)), (3, time(rng)), (2, digits(rng, 1, 12)), (1, f"{letters(rng, 1, 3)}{digits(rng, 3, 9)}"),
        (1, one(rng, FIRST).upper()),
                           (1, f"{date(rng)} {time(rng)}"), (1, f"{digits(rng, 2, 4)}-{digits(rng, 3, 6)}")])  # fmt: skip
    return f"{one(rng, HEADS)}{one(rng, (': ', ' : ', ':', ' ', '. ', ' # ', ' #'))}{value}"


def receipt(rng: np.random.Generator) -> str:
    """Any line of a receipt; mostly capitals, now and then in the case of a title."""
    total = one(rng, TOTALS)
    text = weighted(rng, [
        (26, item(rng)), (14, price(rng)), (10, f"{total}{one(rng, ('', ':', ' :', ' '))} {price(rng)}"), (8, total), (14, head(rng)),
        (3, one(rng, HEADS)),
        (8, address(rng)), (4, phone(rng)), (5, date(rng)), (4, time(rng)), (2, f"{date(rng)} {time(rng)}"), (4, one(rng, THANKS)),
        (2, number(rng, 3, 2)),
        (1, f"{'*' * int(rng.integers(3, 13))}{digits(rng, 4, 4)}"), (2, str(rng.integers(1, 999))),
        (1, "www." + one(rng, words()).lower() + ".com"),
    ])  # fmt: skip
    text = text.title() if rng.random() < 0.25 else text
    return " ".join(text.split())
