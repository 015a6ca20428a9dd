"""Short things: screens and games, lone characters, prices, addresses of the web, punctuation, plain numbers."""

import numpy as np

from scripts.foundry import charset
from scripts.foundry.texts import digits, letters, listed, number, one, weighted
from scripts.foundry.texts.chinese import common_words, corpus, hanzi
from scripts.foundry.texts.english import FIRST, LAST, sentence, word, words
from scripts.foundry.texts.receipts import date, price, time

UI = listed("menu")
ENGLISH_UI = listed("menu english")
PLAIN = ",.!?:;()\"'-/+=*&%#@"
MIXED = "，。、！？：；（）《》“”‘’—…·【】" + PLAIN


def screen(rng: np.random.Generator) -> str:
    """What a program or a game writes."""
    game, other = one(rng, common_words()), one(rng, common_words())
    task = one(
        rng,
        (
            "前往{}与{}对话。",
            "击败{}({}/{})",
            "任务：{}",
            "获得{}x{}",
            "当前{}：{}/{}",
            "使用{}后{}提高{}%",
            "{}已达上限",
            "目标:{} {}/{}",
        ),
    )
    return weighted(rng, [
        (6, one(rng, UI)), (4, one(rng, ENGLISH_UI)), (4, game + one(rng, common_words())), (3, one(rng, corpus("web"))[:30]),
        (3, one(rng, corpus("document"))[:30]),
        (3, task.format(game, rng.integers(0, 20) if "({}" in task or "/" in task or "x{}" in task else other, rng.integers(1, 30))),
        (2, f"{one(rng, UI)}：{number(rng)}"), (2, f"{game}{one(rng, ('+', '×', 'x', ' Lv.', '-'))}{rng.integers(1, 1000)}"),
        (1, f"Lv.{rng.integers(1, 100)}"), (1, f"{rng.integers(1, 100)}/{rng.integers(1, 100)}"),
        (2, f"【{game}】{one(rng, common_words())}"), (1, f"[{one(rng, common_words())}]"),
        (1, f"{number(rng)}{one(rng, '万级次个人分秒点')}"), (1, time(rng)), (1, f"{rng.integers(0, 101)}%"),
        (2, sentence(rng, 40)), (1, f"{one(rng, common_words())}，{one(rng, common_words())}{one(rng, '。！？')}"),
        (1, f"C:\\{word(rng)}\\{word(rng)}.{one(rng, ('txt', 'exe', 'dll', 'log'))}"),
        (1, f"{one(rng, words())}_{digits(rng, 1, 3)}"), (1, f"{game}：{one(rng, corpus('web'))[:16]}"),
    ]).strip()  # fmt: skip


def web(rng: np.random.Generator) -> str:
    """Addresses of pages and of post."""
    a, b = one(rng, words()).lower(), one(rng, words()).lower()
    end = one(rng, ("com", "cn", "com.cn", "net", "org", "de", "co.uk", "io"))
    return weighted(rng, [
        (3, f"www.{a}{b}.{end}"), (2, f"http://www.{a}.{end}"), (1, f"https://{a}.{end}/{b}"),
        (1, f"https://{a}.{end}/{b}?id={digits(rng, 1, 6)}&p={rng.integers(1, 9)}"),
        (2, f"{a}@{b}.{end}"), (1, f"{one(rng, FIRST).lower()}.{one(rng, LAST).lower()}{digits(rng, 0, 3)}@{a}.{end}"),
        (1, f"WWW.{a.upper()}.COM"), (0.5, f"#{a}"), (0.5, f"@{a}_{b}"),
        (0.5, f"{a}-{b}.{end}"), (0.5, f"QQ:{digits(rng, 8, 10)}"), (0.5, f"192.168.{rng.integers(256)}.{rng.integers(256)}"),
        (0.3, f"~/{a}/{b}.py"), (0.3, f"<{a}>{{{b}}}"), (0.3, f"{a}|{b}^{rng.integers(9)}"),
    ])  # fmt: skip


def lone(rng: np.random.Generator) -> str:
    """One character: any class but the space, the hanzi less often than their number asks."""
    if rng.random() < 0.5:
        return one(rng, hanzi())
    return one(rng, [char for char in charset.load()[:300] if char != " " and not charset.is_hanzi(char)])


def symbols(rng: np.random.Generator) -> str:
    """Words and numbers with any of the symbols among them, so that each class is seen."""
    pool = [char for char in charset.load()[:300] if not char.isalnum() and char != " " and not charset.is_hanzi(char)]
    parts = [
        one(rng, [word(rng), number(rng), one(rng, common_words()), letters(rng, 1, 3), one(rng, charset.load()[:260])]).strip()
        for _ in range(int(rng.integers(2, 5)))
    ]
    return "".join(part + one(rng, pool) for part in parts)


def punctuated(rng: np.random.Generator) -> str:
    """Short words with marks of both widths."""
    chinese = rng.random() < 0.5
    parts = [one(rng, common_words()) if chinese else word(rng) for _ in range(int(rng.integers(1, 5)))]
    return "".join(part + one(rng, MIXED if chinese else PLAIN) for part in parts)


def numbers(rng: np.random.Generator) -> str:
    """Plain numbers, amounts, dates, times, codes."""
    return weighted(rng, [(4, digits(rng, 1, 12)), (3, number(rng, 2, 5)), (2, price(rng)), (2, date(rng)), (2, time(rng)),
        (1, f"{rng.integers(0, 1000)}%"), (1, f"{number(rng, 1)}%"),
                          (1, f"¥{number(rng, 2)}"), (1, f"{number(rng)}元"), (2, f"{letters(rng, 1, 4)}{digits(rng, 2, 8)}"),
                          (1, f"{digits(rng, 4, 4)} {digits(rng, 4, 4)} {digits(rng, 4, 4)} {digits(rng, 4, 4)}"),
                          (1, f"{letters(rng, 2, 3)} {digits(rng, 2, 4)} {letters(rng, 1, 3)}"), (1, f"-{number(rng, 2)}"),
                          (1, f"{rng.integers(1, 99)},{rng.integers(1000):03},{rng.integers(1000):03}")])  # fmt: skip
