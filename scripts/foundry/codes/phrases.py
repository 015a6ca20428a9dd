"""Words on machines and packages in every case, and strings that use all of ASCII and the symbols of drawings."""

from pathlib import Path

from scripts.foundry.codes.chance import Rng, between, chance, digits, pick, some, whole

_WORDS, _UNITS = (part.split() for part in Path(__file__).with_name("words.txt").read_text(encoding="utf8").split("\n", 1)[1].split("\n\n"))
_SYMBOLS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~°±µΩΦØ×≤≥€²³"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def cased(rng: Rng, text: str) -> str:
    """In capitals, with capital initials, with one capital, or as it is."""
    return pick(rng, (text.upper(), text.title(), text[:1].upper() + text[1:], text), (4, 3, 3, 2))


def phrase(rng: Rng) -> str:
    """One to four words, now and then with a value, a mark or a bracket."""
    words = cased(rng, " ".join(pick(rng, _WORDS) for _ in range(pick(rng, (1, 2, 3, 4), (4, 5, 3, 1)))))
    close = pick(
        rng,
        (
            "",
            ":",
            ".",
            "!",
            f" {digits(rng, 1, 4)}",
            f": {measure(rng)}",
            f" ({pick(rng, _UNITS)})",
            " No.",
            f" & {cased(rng, pick(rng, _WORDS))}",
        ),
        (8, 3, 1, 1, 3, 3, 1, 1, 1),
    )
    return words + close


def measure(rng: Rng) -> str:
    """A value with its unit, sign, limit or tolerance, as drawings and plates write it."""
    value = f"{between(rng, 0, 10 ** whole(rng, 0, 4)):.{whole(rng, 0, 2)}f}"
    unit = pick(rng, _UNITS)
    gap = pick(rng, ("", " "))
    return pick(
        rng,
        (
            f"{value}{gap}{unit}",
            f"{pick(rng, ('≤', '≥', '<', '>', '±', '~', '+', '-'))}{gap}{value}{gap}{unit}",
            f"{value}±{between(rng, 0, 1):.{whole(rng, 1, 2)}f}{gap}{unit}",
            f"{pick(rng, 'ØΦRM')}{value}\u00d7{between(rng, 0.5, 60):.1f}",
            f"{whole(rng, 1, 999)}\u00d7{whole(rng, 1, 999)}\u00d7{whole(rng, 1, 999)} mm",
            f"{value}~{value}{unit}",
            f"{whole(rng, 0, 100)}%",
            f"{value}/{value} {unit}",
            f"{pick(rng, ('€', '$'))}{value}",
        ),
        (6, 3, 2, 2, 1, 1, 1, 1, 1),
    )


def mixed(rng: Rng) -> str:
    """Letters of both cases, digits and any symbol: addresses, passwords, article codes, file names."""
    word, other = pick(rng, _WORDS), pick(rng, _WORDS)
    free = "".join(some(rng, pick(rng, (_LETTERS, "0123456789", _SYMBOLS), (6, 4, 3)), 1) for _ in range(whole(rng, 3, 12)))
    return pick(
        rng,
        (
            free,
            f"www.{word.lower()}-{other.lower()}.{pick(rng, ('com', 'de', 'cn', 'org', 'net'))}",
            f"{word.lower()}@{other.lower()}.{pick(rng, ('com', 'eu', 'io'))}",
            f"{word}_{other}[{digits(rng, 1, 2)}]",
            pick(rng, ("C:\\", "/", "~/")) + word.lower() + pick(rng, "/\\_") + other.lower() + digits(rng, 0, 2),
            f"{{{word}}}={digits(rng, 1, 3)};",
            f'"{cased(rng, word)}"' if chance(rng, 0.5) else f"'{cased(rng, word)}'",
            f"{word}|{other}",
            f"#{digits(rng, 2, 5)}{pick(rng, '?!*^`')}",
            "".join(some(rng, _LETTERS, 1) for _ in range(whole(rng, 3, 9))),
        ),
        (5, 1, 1, 1, 1, 0.5, 0.7, 0.5, 0.5, 3),
    )
