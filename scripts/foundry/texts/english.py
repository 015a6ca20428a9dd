"""English: words, names, signs, sentences of books and screens."""

from functools import cache
from pathlib import Path

import numpy as np

from scripts.foundry.texts import number, one, weighted

WORDS = Path("/usr/share/dict/american-english-large")
COMMON = (
    "the of and to a in that he was it his is with as I had for at by on not be her from but have you which they were she this or we an "
    "all him are so their one what said who would when there been if my no out up into them more has me your some very will could than "
    "then its time now only do man like about our old any these little must before much such after two made other did well over great "
    "upon how down can good where first see day come know should never long shall own might here most way through life men too say make "
    "himself every house still under being those came back again place without nothing many think old young while himself left another "
    "went last hand might night world eyes thought always took just away same heart father mother king head found because right love put "
    "though ever against nature people three part power state air light water work off few country between name order cannot yet whole"
).split()
SIGNS = (
    "open closed sale exit entrance push pull stop hotel restaurant cafe coffee bar pub market shop store bank pharmacy bakery pizza grill "
    "street road avenue lane park station airport parking taxi bus school college university library museum gallery theatre cinema club "
    "city center house home garden office services company limited international national new best fresh food fashion music books beauty "
    "hair salon nails spa fitness gym dental clinic hospital police fire danger warning caution private property no smoking entry way one "
    "speed limit slow ahead keep left right welcome thank you please free offer special today only kids women men toilets lift stairs floor "
    "level gate platform tickets information reception delivery pickup order here self service car wash auto parts tyres motors electric "
    "diamond royal golden star sun moon blue red green black white king queen lion eagle the and of for to by in on world super mini mega"
).split()
FIRST = (
    "James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Susan Thomas Sarah Charles Karen Daniel Nancy Mark "
    "Paul Steven Andrew George Helen Anna Peter Frank Harry Louise Jack Grace Henry Oliver Emma Lucas Sofia Hans Ingrid Pierre Luigi Wei Li"
).split()
LAST = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Martinez Lopez Wilson Anderson Taylor Moore Jackson Martin Lee Thompson White "
    "Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Nelson Campbell Mitchell Roberts Turner Tan "
    "Phillips Evans Parker Collins Edwards Stewart Murphy Cook Rogers Morgan Cooper O'Brien McDonald Schmidt Weber Wang Zhang Chen Lim Wong"
).split()
ROADS = ("St", "Street", "Rd", "Road", "Ave", "Avenue", "Lane", "Drive", "Blvd", "Square", "Way", "Place", "Court")
TAKEN = "0123456789'-"


@cache
def words() -> tuple[str, ...]:
    """The dictionary, without possessives and what is not plain ASCII."""
    every = WORDS.read_text(encoding="utf8").split()
    return tuple(word for word in every if word.isascii() and word.isalpha() and 2 <= len(word) <= 14)


def word(rng: np.random.Generator) -> str:
    """A common word or, as often, any of the dictionary."""
    if rng.random() < 0.5:
        return COMMON[min(len(COMMON) - 1, int(len(COMMON) * rng.random() ** 1.8))]
    return one(rng, words())


def cased(rng: np.random.Generator, text: str) -> str:
    """As a sign painter would set it: capitals, a capital first, as it is, small."""
    way = weighted(rng, [(40, str.upper), (35, str.title), (15, str), (10, str.lower)])
    return str(way(text)).replace("'S", "'s") if way is str.title else str(way(text))


def sign(rng: np.random.Generator) -> str:
    """One to four words of a shop front or a street sign, now and then with an ending or a number."""
    count = weighted(rng, [(55, 1), (27, 2), (13, 3), (5, 4)])
    pool = [one(rng, SIGNS) if rng.random() < 0.45 else one(rng, words()) if rng.random() < 0.7 else one(rng, LAST) for _ in range(count)]
    text = " ".join(pool)
    if rng.random() < 0.1:
        join = one(rng, ("&", "&", "-", "+", "/", "@"))
        text = f"{text} {join} {one(rng, LAST)}" if rng.random() < 0.7 else f"{text}{join}{one(rng, SIGNS)}"
    extra = float(rng.random())
    if extra < 0.03:
        text += one(rng, ("'s", "!", ".", ",", ":", "?", "...", "™", "®"))
    elif extra < 0.06:
        text = f"{text} {number(rng)}" if rng.random() < 0.6 else f"{number(rng)} {text}"
    return cased(rng, text)


def scene(rng: np.random.Generator) -> str:
    """What single crops of street pictures hold: a word, a number, a time, a code, a price, an address."""
    kind = weighted(rng, [(74, 0), (7, 1), (3, 2), (4, 3), (4, 4), (4, 5), (4, 6)])
    if kind == 0:
        return sign(rng)
    if kind == 1:
        return str(int(10 ** rng.uniform(0, 5)))
    if kind == 2:
        return f"{rng.integers(1, 13)}{one(rng, (':00', ':30', '', ''))}{one(rng, ('am', 'pm', ' AM', ' PM', 'a.m.', '-'))}"
    if kind == 3:
        return f"{one(rng, '$£€$')}{number(rng, 2, 3)}" if rng.random() < 0.7 else f"{rng.integers(1, 100)}% {one(rng, ('OFF', 'off', ''))}".strip()
    if kind == 4:
        return f"{number(rng)} {one(rng, LAST)} {one(rng, ROADS)}"
    if kind == 5:
        return phone(rng)
    return f"{name(rng)}" if rng.random() < 0.6 else f"{one(rng, LAST)}{one(rng, (' & Sons', ' & Co.', ' Ltd.', ' Inc.', chr(39) + 's'))}"


def name(rng: np.random.Generator) -> str:
    """A proper name."""
    middle = f"{chr(65 + int(rng.integers(26)))}. " if rng.random() < 0.15 else ""
    return cased(rng, f"{one(rng, FIRST)} {middle}{one(rng, LAST)}") if rng.random() < 0.3 else f"{one(rng, FIRST)} {middle}{one(rng, LAST)}"


def phone(rng: np.random.Generator) -> str:
    """A telephone number in one of the usual shapes."""
    d = "".join(map(str, rng.integers(0, 10, 12)))
    shapes = (f"{d[:3]}-{d[3:6]}-{d[6:10]}", f"({d[:3]}) {d[3:6]}-{d[6:10]}", f"+{d[:2]} {d[2:4]} {d[4:8]} {d[8:12]}", f"0{d[:1]}-{d[2:10]}",
              f"{d[:4]}-{d[4:11]}", f"1{d[:10]}", f"400-{d[:3]}-{d[3:7]}", f"0{d[:3]} {d[3:6]} {d[6:9]}", f"{d[:3]}.{d[3:6]}.{d[6:10]}")  # fmt: skip
    return weighted(rng, [(3, ""), (1, "Tel: "), (1, "TEL:"), (1, "Tel."), (0.5, "Fax: ")]) + one(rng, shapes)


def sentence(rng: np.random.Generator, most: int) -> str:
    """Running prose of a book, cut at word borders to at most so many characters."""
    parts: list[str] = []
    length, start = 0, rng.random() < 0.35
    goal = int(most * (0.25 + 0.75 * rng.random() ** 0.6))
    while True:
        token = word(rng)
        chance = float(rng.random())
        if chance < 0.03:
            token = one(rng, FIRST) if rng.random() < 0.5 else f"Mr. {one(rng, LAST)}"
        elif chance < 0.05:
            token = str(int(rng.integers(1, 2000)))
        elif chance < 0.06:
            token = f"{token}-{word(rng).lower()}"
        token = token[0].upper() + token[1:] if start else token
        start = False
        mark = weighted(rng, [(80, ""), (10, ","), (5, "."), (1.2, ";"), (0.7, ":"), (0.7, "?"), (0.6, "!"), (0.5, "—"), (0.5, "'s"), (0.3, ".”")])
        if rng.random() < 0.02:
            token = one(rng, "“‘\"(") + token
        if rng.random() < 0.02:
            mark = one(rng, "”’\")") + mark
        start = mark in (".", "?", "!", ".”")
        if length + len(token) + len(mark) + 1 > goal and parts:
            break
        parts.append(token + mark)
        length += len(token) + len(mark) + 1
    text = " ".join(parts)
    return f"{text}-" if rng.random() < 0.06 and text[-1].isalpha() and len(text) < most else text


def book(rng: np.random.Generator) -> str:
    """A line of a printed page: up to 90 characters; now and then a heading or a page number."""
    kind = float(rng.random())
    if kind < 0.04:
        return sentence(rng, 36).upper()
    if kind < 0.07:
        return one(rng, (f"CHAPTER {one(rng, ('I', 'II', 'III', 'IV', 'V', 'VI', 'IX', 'X', 'XII'))}.", str(rng.integers(1, 600)), f"Fig. {rng.integers(1, 40)}."))
    if kind < 0.1:
        return f"[{rng.integers(1, 60)}] {one(rng, LAST)}, {chr(65 + int(rng.integers(26)))}., {sentence(rng, 50)}"
    return sentence(rng, 90)
