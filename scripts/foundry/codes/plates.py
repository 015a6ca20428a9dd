"""Number plates of Europe, Brazil, the United States and India; separators are labelled as they are drawn, emblems are not."""

from scripts.foundry.codes.chance import Rng, chance, digits, letters, pick, some, whole
from scripts.foundry.codes.plate_drawing import EMBLEM, Plate, draw
from scripts.foundry.codes.surfaces import Colour, grey, vivid
from scripts.foundry.sample import Sample

_STATES = (
    "CALIFORNIA",
    "Texas",
    "NEW YORK",
    "Florida",
    "OHIO",
    "Nevada",
    "WASHINGTON",
    "Illinois",
    "Virginia",
    "Sunshine State",
    "Garden State",
    "MAINE",
    "IOWA",
)
_CITIES = (
    "BA-SALVADOR",
    "SP-SAO PAULO",
    "RJ-RIO DE JANEIRO",
    "DF-BRASILIA",
    "GO-GOIANIA",
    "BA-CAMACARI",
    "MG-BELO HORIZONTE",
    "ES-VITORIA",
    "BRASIL",
)


def eu(rng: Rng) -> Plate:
    gap = pick(rng, (" ", "-", EMBLEM, ""), (4, 3, 7, 1))
    pattern = pick(
        rng,
        (
            f"{letters(rng, 1, 3)}{gap}{letters(rng, 1, 2)} {digits(rng, 1, 4)}",
            f"{letters(rng, 2)}{gap}{digits(rng, 3)}{letters(rng, 2)}",
            f"{letters(rng, 2)}{pick(rng, ' -')}{digits(rng, 3)}{pick(rng, ' -')}{letters(rng, 2)}",
            f"{digits(rng, 1)}{letters(rng, 1)}{digits(rng, 1)}{gap}{digits(rng, 4)}",
            f"{letters(rng, 3)}{gap}{digits(rng, 3, 4)}",
            f"{digits(rng, 4)} {letters(rng, 3)}",
            f"{letters(rng, 2)}{digits(rng, 2)} {letters(rng, 3)}",
            f"{letters(rng, 2)} {digits(rng, 4, 5)}",
            f"{letters(rng, 1)}-{digits(rng, 3)}-{letters(rng, 2)}",
            letters(rng, 4, 8),
        ),
        (3, 5, 3, 3, 3, 1, 2, 2, 1, 0.5),
    )
    back: Colour = pick(rng, (grey(rng, 215, 245, 5), (20, 190, 235), (20, 20, 20)), (9, 1, 0.5))
    front: Colour = grey(rng, 5, 40, 4) if sum(back) > 200 else (235, 235, 235)
    return Plate(
        pattern=pattern,
        back=back,
        front=front,
        band=pick(rng, ("", "D", "SK", "CZ", "F", "N", "A", "PL", "I", "NL"), (4, 1, 2, 2) + (1,) * 6),
    )


def br(rng: Rng) -> Plate:
    if chance(rng, 0.25):
        return Plate(
            pattern=f"{letters(rng, 3)}{digits(rng, 1)}{letters(rng, 1)}{digits(rng, 2)}",
            back=grey(rng, 210, 245, 5),
            front=(20, 20, 20),
            above="BRASIL" if chance(rng, 0.5) else "",
        )
    back, front = pick(rng, ((grey(rng, 140, 200, 8), (25, 25, 25)), ((40, 30, 170), (230, 230, 230))), (9, 1))
    return Plate(
        pattern=f"{letters(rng, 3)}{pick(rng, '·- ', (8, 2, 1))}{digits(rng, 4)}",
        back=back,
        front=front,
        above=pick(rng, _CITIES) if chance(rng, 0.5) else "",
    )


def us(rng: Rng) -> Plate:
    gap = pick(rng, (" ", "-", EMBLEM, "·", ""), (5, 4, 4, 0.5, 3))
    pattern = pick(
        rng,
        (
            f"{letters(rng, 3)}{gap}{digits(rng, 3, 4)}",
            f"{digits(rng, 3)}{gap}{letters(rng, 3)}",
            f"{digits(rng, 1)}{letters(rng, 3)}{digits(rng, 3)}",
            f"{digits(rng, 4)} {letters(rng, 2)}",
            f"{letters(rng, 2)}{gap}{digits(rng, 3, 5)}",
            digits(rng, 6),
            some(rng, "ABCDEFGHIJKLMNOPRSTUVWXYZ", 4, 7),
            f"{letters(rng, 1)}{digits(rng, 2)}{gap}{letters(rng, 3)}",
            f"{letters(rng, 1)}{digits(rng, 6)}",
            f"{digits(rng, 3)} {digits(rng, 4)}",
        ),
        (6, 4, 3, 2, 3, 2, 3, 2, 1, 1),
    )
    back: Colour = grey(rng, 190, 250, 15) if chance(rng, 0.65) else vivid(rng, 0.7)
    front: Colour = pick(rng, ((30, 25, 20), (130, 60, 20), (40, 30, 160), (60, 100, 20), (90, 30, 60)), (6, 4, 2, 1.5, 1))
    if chance(rng, 0.08):
        back, front = (140, 50, 10), (120, 220, 250)
    return Plate(
        pattern=pattern,
        back=back,
        front=front,
        pictured=True,
        above=pick(rng, _STATES) if chance(rng, 0.55) else "",
        below=pick(rng, _STATES) if chance(rng, 0.45) else "",
    )


def india(rng: Rng) -> Plate:
    state = pick(rng, ("KA", "TN", "DL", "MH", "AP", "TS", "KL", "GJ", "UP", "HR", "RJ", "WB", "MP", "PB"), (3, 2) + (1,) * 12)
    gap = pick(rng, (" ", "", ".", "-", "·"), (6, 5, 1, 1, 0.5))
    pattern = (
        f"{state}{gap}{whole(rng, 1, 99):02d}{gap}{letters(rng, 1, 2)}{gap}{digits(rng, 4)}"
        if chance(rng, 0.93)
        else f"{state}{gap}{digits(rng, 2)}{gap}{digits(rng, 4)}"
    )
    back, front = pick(
        rng,
        ((grey(rng, 200, 245, 5), (15, 15, 15)), ((20, 180, 230), (10, 10, 10)), (grey(rng, 15, 45, 5), (230, 230, 230))),
        (8, 1.5, 0.7),
    )
    return Plate(pattern=pattern, back=back, front=front, band=pick(rng, ("", "IND"), (3, 1)), hand_made=True)


def plate_eu(rng: Rng) -> Sample:
    """A European plate."""
    return draw(rng, eu(rng), "plate_eu")


def plate_br(rng: Rng) -> Sample:
    """A Brazilian plate."""
    return draw(rng, br(rng), "plate_br")


def plate_us(rng: Rng) -> Sample:
    """A plate of one of the United States."""
    return draw(rng, us(rng), "plate_us")


def plate_in(rng: Rng) -> Sample:
    """An Indian plate."""
    return draw(rng, india(rng), "plate_in")
