"""The texts of codes: dates, times, lots, serial and part numbers, weights, ratings."""

from scripts.foundry.codes.chance import Rng, between, chance, digits, letters, pick, some, whole

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SEPARATORS = ("/", ".", "-", " ", "")
_UNITS = ("A", "kW", "W", "mA", "kVA", "Nm", "bar", "MPa", "kg", "KG", "LB", "psi", "L", "mm", "HP", "µF", "Ω", "kΩ", "V", "L/min")
_PLAIN = "ABCDEFGHJKLMNPRSTUVWXYZ"
_LEADS = (
    "EXP", "EXP:", "EXP.", "EXP ", "BB", "BB:", "BBE", "BEST BEFORE", "BEST BEFORE:", "BEST BY", "BEST IF USED BY", "USE BY", "SELL BY",
    "MFG", "MFG:", "MFD",
    "PROD", "PROD:", "PKD", "PKD:", "PRD", "DOM", "LOT", "BN", "E:", "M:", "P:", "Exp:", "Exp", "Mfg", "Pkd:", "Best Before",
    "Best Before Date:", "DATE:",
    "PACKED", "V:", "VAL:", "CAD", "DLC", "DLUO", "MHD", "SCAD", "TMC", "ED", "UBD",
)  # fmt: skip
_ZH_EXPIRY = ("保质期至", "保质期至:", "有效期至", "有效期至:", "限用日期", "此日期前最佳", "失效日期:", "到期日")
_ZH_MADE = ("生产日期", "生产日期:", "生产批号", "批号:", "产品批号:", "制造日期", "灌装日期", "合格", "检")


def day(rng: Rng) -> str:
    """A date as coders print it."""
    year, month, date = whole(rng, 2010, 2032), whole(rng, 1, 12), whole(rng, 1, 31)
    sep = pick(rng, _SEPARATORS, (5, 5, 3, 3, 3))
    sep = sep + " " if sep == "." and chance(rng, 0.15) else sep
    short = f"{year % 100:02d}"
    name = MONTHS[month - 1] if chance(rng, 0.8) else MONTHS[month - 1].title()
    forms = (
        f"{date:02d}{sep}{month:02d}{sep}{year}",
        f"{year}{sep}{month:02d}{sep}{date:02d}",
        f"{date:02d}{sep}{month:02d}{sep}{short}",
        f"{month:02d}{sep}{date:02d}{sep}{short}",
        f"{month:02d}{sep or '/'}{pick(rng, (year, short))}",
        f"{date:02d}{pick(rng, (' ', '/', '', '-', '.'))}{name}{pick(rng, (' ', '/', '', '-'))}{pick(rng, (year, short))}",
        f"{name} {date:02d} {pick(rng, (year, short))}",
        f"{name} {year}",
        f"{year}年{month:02d}月{date:02d}日",
    )
    return pick(rng, forms, (6, 6, 4, 3, 3, 4, 2, 1, 1))


def clock(rng: Rng) -> str:
    text = f"{whole(rng, 0, 23):02d}:{whole(rng, 0, 59):02d}"
    return text + (f":{whole(rng, 0, 59):02d}" if chance(rng, 0.25) else "")


def lot(rng: Rng) -> str:
    """A lot number, with or without its word."""
    body = pick(
        rng,
        (
            f"{letters(rng, 1, 2)}{digits(rng, 2, 6)}",
            f"{letters(rng, 1)}{digits(rng, 2)}-{digits(rng, 3)}",
            f"{digits(rng, 4, 8)}{letters(rng, 0, 2)}",
            f"{letters(rng, 1, 3)}{digits(rng, 2)}{letters(rng, 1, 2)}{digits(rng, 1, 3)}",
            f"{digits(rng, 1, 3)}{letters(rng, 1)}{digits(rng, 1, 4)}",
            some(rng, _PLAIN + "0123456789", 5, 10),
        ),
    )
    lead = pick(
        rng,
        (
            "",
            "L",
            "L ",
            "L:",
            "LOT ",
            "LOT:",
            "LOT: ",
            "Lot ",
            "LOTTO: ",
            "BATCH : ",
            "BATCH ",
            "B.No.",
            "BN:",
            "No.",
            "LOT#",
            "CH.-B.: ",
            "B/N ",
        ),
        (8,) + (1,) * 16,
    )
    return lead + body


def code(rng: Rng) -> str:
    """One line of an expiry, lot or time code."""
    tail = pick(
        rng,
        (
            "",
            f" {clock(rng)}",
            f" {letters(rng, 1)}",
            f" {letters(rng, 1)}{digits(rng, 1, 2)}",
            f" {digits(rng, 2, 5)}{letters(rng, 0, 1)}",
            f" {lot(rng)}",
        ),
        (9, 3, 2, 2, 1, 1),
    )
    made = pick(rng, ("lead", "day", "lot", "clock", "word", "zh", "lotclock"), (7, 7, 6, 2, 0.6, 2.2, 1.4))
    if made == "lead":
        lead = pick(rng, _LEADS)
        return f"{lead}{' ' if chance(rng, 0.6) and not lead.endswith(' ') else ''}{day(rng)}{tail if len(lead) < 11 else ''}"
    if made == "zh":
        return pick(rng, _ZH_EXPIRY + _ZH_MADE) + pick(rng, ("", " ")) + day(rng) + (tail if chance(rng, 0.3) else "")
    if made == "word":
        return pick(rng, (*_LEADS, "CAUTION", "BEFORE", "SEE TOP", "KEEP DRY", "PASS", "QC OK", "MADE IN CHINA", "RECYCLE"))
    return {"day": day(rng) + tail, "lot": lot(rng), "clock": clock(rng), "lotclock": f"{lot(rng)} {clock(rng)}"}[made]


def serial(rng: Rng) -> str:
    """A serial or part number."""
    body = pick(
        rng,
        (
            digits(rng, 5, 12),
            f"{letters(rng, 1, 4)}{digits(rng, 3, 8)}",
            f"{letters(rng, 2, 4)}-{digits(rng, 2, 5)}{letters(rng, 0, 2)}",
            f"{digits(rng, 3)}-{digits(rng, 3, 5)}-{digits(rng, 2, 3)}",
            f"{letters(rng, 1)}{digits(rng, 1)}{letters(rng, 2)}{digits(rng, 3)}-{digits(rng, 1)}{letters(rng, 2)}{digits(rng, 2)}",
            some(rng, _PLAIN + "0123456789", 6, 17),
            f"{digits(rng, 2)}.{digits(rng, 3)}.{digits(rng, 2, 3)}",
        ),
    )
    return (
        pick(
            rng,
            ("", "S/N ", "S/N:", "SN:", "SN ", "P/N ", "PN:", "No.", "Nr. ", "TYPE ", "MODEL: ", "REV ", "ID: ", "SER.NO. "),
            (8,) + (1,) * 13,
        )
        + body
    )


def rating(rng: Rng) -> str:
    """A line of a rating plate."""
    volts = pick(rng, ("5", "12", "24", "48", "110", "230", "400", "3.3", "100-240", "380-415"))
    forms = (
        f"{volts}V{pick(rng, ('', ' ', '~', ' DC', 'AC', ' AC', '='))}",
        f"{volts}V {pick(rng, ('50', '60', '50/60'))}Hz",
        f"{between(rng, 0.1, 60):.{whole(rng, 0, 2)}f}{pick(rng, ('', ' '))}{pick(rng, _UNITS)}",
        f"IP{pick(rng, ('20', '54', '55', '65', '66', '67', '68', '69K'))}",
        f"IN: {volts}V {between(rng, 0.1, 20):.1f}A",
        f"{pick(rng, ('U', 'I', 'P', 'n', 'cosφ', 'T', 'm'))}={between(rng, 0.1, 99):.1f}",
        f"-{whole(rng, 5, 40)}...+{whole(rng, 40, 85)}°C",
        f"{whole(rng, 500, 3600)} {pick(rng, ('rpm', 'r/min', 'min-1', '1/min'))}",
        f"{pick(rng, ('MAX', 'MIN', 'NET', 'GROSS', 'TARE', 'WT.'))} {between(rng, 1, 5000):.{whole(rng, 0, 2)}f} {pick(rng, _UNITS)}",
        f"Ø{between(rng, 1, 99):.1f}±0.{digits(rng, 1, 2)}",
        f"M{whole(rng, 3, 30)}\u00d7{between(rng, 0.5, 3):.1f}",
        f"DN{whole(rng, 10, 500)} PN{whole(rng, 6, 40)}",
    )
    return pick(rng, forms)
