"""Catalogues and rating plates: quantities, threads, models, materials, in Chinese and English, and their mixtures."""

import numpy as np

from scripts.foundry.texts import digits, letters, listed, number, one, weighted
from scripts.foundry.texts.chinese import common_words
from scripts.foundry.texts.receipts import date

KEYS = listed("plate keys")
ENGLISH = listed("plate keys english")
UNITS = listed("units")
NUTS = listed("part kinds")


def quantity(rng: np.random.Generator) -> str:
    """A number with its unit, a range, a tolerance or a size."""
    value, other = number(rng, int(rng.integers(0, 3)), 3), number(rng, int(rng.integers(0, 2)), 3)
    unit = one(rng, UNITS)
    gap = " " if rng.random() < 0.25 else ""
    return weighted(rng, [
        (6, f"{value}{gap}{unit}"), (4, f"{value}~{other}"), (2, f"{value}-{other}"), (3, f"±{value}"),
        (1.5, f"{one(rng, '≤≥<>')}{value}{gap}{unit}"),
        (2, f"{one(rng, 'ΦφØ⌀')}{value}"), (1, f"{one(rng, 'ΦφØ')}{value}×{other}"),
        (2, f"{number(rng, 0, 3)}{one(rng, ('x', '×', 'X', '*'))}{number(rng, 0, 3)}"),
        (1, f"{value}±0.{digits(rng, 1, 3)}"), (1, f"{value}~{other}{unit}"),
        (0.7, f"-{number(rng)}~+{number(rng)}{one(rng, ('℃', '°C'))}"), (0.5, f"{value}/{other}"),
        (2, value), (0.5, f'1/{one(rng, (2, 4, 8, 16))}"'), (0.3, f"{value}µm"), (0.3, f"{value}Ω"), (0.3, f"∠{value}°"),
        (0.3, f"{value}°"), (0.3, f"≈{value}"),
        (0.3, f"+{value}/-{other}"), (0.3, f"10{one(rng, '²³')}"), (0.3, f"{rng.integers(1, 100)}%"), (0.2, f"√{number(rng)}"),
        (0.2, f"{value}÷{other}"),
        (0.2, f"α={value}"), (0.2, f"β≥{value}"), (0.2, f"Δt={value}℃"), (0.2, f"πr²={value}"), (0.2, f"{value}≠{other}"),
        (0.2, f"№{digits(rng, 2, 5)}"),
    ])  # fmt: skip


def model(rng: np.random.Generator) -> str:
    """A type or part number."""
    a, b, c = letters(rng, 1, 4), digits(rng, 2, 4), digits(rng, 1, 3)
    thread = f"M{one(rng, (3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 30))}"
    return weighted(rng, [
        (4, f"{a}{b}-{c}"), (2, f"{a}-{b}"), (2, f"{a}{b}"), (2, f"{a}-{b}{letters(rng, 1, 2)}-{c}"),
        (3, f"{thread}{one(rng, 'x×X')}{one(rng, ('P', ''))}{number(rng, 1, 1)}"),
        (1, thread), (1, f"{thread}-{one(rng, ('6H', '6g', '7H'))}"),
        (1, f"GB/T{one(rng, ('', ' '))}{digits(rng, 3, 5)}{one(rng, ('', f'-{rng.integers(1980, 2026)}'))}"),
        (1, f"{a}{c}/{b}"), (1, f"{digits(rng, 4, 6)}-{letters(rng, 1, 2)}{c}"), (1, f"{a}{b}.{c}"),
        (1, f"IP{one(rng, (20, 44, 54, 55, 65, 67, 68))}"), (1, f"{a} {b}"),
        (1, f"{a}{b}{a[0].lower()}"), (0.5, f"DIN{digits(rng, 3, 4)}"), (0.5, f"{a}_{b}"), (0.5, f"{a}{b}#"),
        (0.5, f"{b}{one(rng, ('RPM', 'VAC', 'VDC', 'PSI'))}"),
        (0.5, f"Q/{a} {b}"), (0.5, f"6{digits(rng, 3, 3)}-2{one(rng, ('RS', 'Z', 'RSH'))}"), (0.4, one(rng, ("Ⅰ类", "Ⅱ类", "Ⅲ级", "①",
        "②", "③", "④⑤", "A→B", "↑", "↓")).replace("Ⅰ", "I")),
    ])  # fmt: skip


def cell(rng: np.random.Generator) -> str:
    """One cell of a table in a catalogue."""
    kind = float(rng.random())
    if kind < 0.3:
        return quantity(rng)
    if kind < 0.55:
        return model(rng)
    if kind < 0.72:
        return one(rng, KEYS) + weighted(
            rng, [(6, ""), (1, f"({one(rng, UNITS)})"), (0.7, f"（{one(rng, UNITS)}）"), (0.4, f"/{one(rng, UNITS)}")]
        )
    if kind < 0.84:
        return one(rng, NUTS) if rng.random() < 0.6 else f"{one(rng, KEYS)}{one(rng, ('：', ':'))}{quantity(rng)}"
    if kind < 0.94:
        return f"{one(rng, common_words())}{one(rng, ('', '', '/', '-'))}{one(rng, NUTS)}"
    return f"{number(rng)}{one(rng, '件个套支米台只')}"


def plate(rng: np.random.Generator) -> str:
    """A line of a rating plate or a package."""
    value = weighted(rng, [(4, quantity(rng)), (3, model(rng)), (1, date(rng)), (1, digits(rng, 5, 14)),
        (1, f"{one(rng, (12, 24, 110, 220, 230, 380, 400))}V{one(rng, ('~', '', ' '))}{one(rng, ('50Hz', '60Hz', '50/60Hz', 'AC', 'DC'))}"),
    ])  # fmt: skip
    key = one(rng, KEYS) if rng.random() < 0.6 else one(rng, ENGLISH)
    sep = one(rng, ("：", ":", ": ", " ", " : ", "")) if not key.isascii() else one(rng, (": ", ":", " ", ". ", " : "))
    words = "".join(one(rng, common_words()) for _ in range(int(rng.integers(1, 5))))
    return weighted(
        rng,
        [
            (10, f"{key}{sep}{value}"),
            (2, key),
            (3, value),
            (2, f"{one(rng, KEYS)}：{words}"),
            (1, words),
            (1, f"{key} {value} {quantity(rng)}"),
        ],
    )
