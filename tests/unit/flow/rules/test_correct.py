"""What rules make of a text line."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config import RulesSection
from edged.flow.rules import Rules
from edged.types import Character, Corrected, Transcript

LOT = r"[A-Z]\d{2}"


def char(text: str, confidence: float = 0.9, **others: float) -> Character:
    """A character, and what else was seen there by name; `blank` and `space` are spelled out."""
    named = {"blank": "", "space": " "}
    seen = tuple(sorted(((named.get(name, name.strip("_")), share) for name, share in others.items()), key=lambda pair: -pair[1]))
    alternative, share = seen[0] if seen else ("", 0.0)
    return Character(text=text, confidence=confidence, alternative=alternative, margin=confidence - share, others=seen)


def transcript(*characters: Character | str) -> Transcript:
    """A text; a bare string is so many characters that leave no doubt."""
    flat = [one for given in characters for one in (map(char, given) if isinstance(given, str) else [given])]
    return Transcript(
        text="".join(one.text for one in flat), confidence=min((one.confidence for one in flat), default=0.0), characters=tuple(flat)
    )


def correct(read: Transcript, entries: tuple[str, ...] = (), **keys: Any) -> Corrected:
    return Rules(RulesSection(**keys), entries).correct(read)


def test_a_pattern_decides_by_position() -> None:
    """The same character is changed where the pattern wants a digit, and stays where it wants a letter."""
    got = correct(transcript("I", char("I", 0.8, _1=0.15), "7"), pattern=LOT)
    assert (got.transcript.text, got.raw, got.rules, got.doubt) == ("I17", "II7", (rf"pattern {LOT}: I -> 1",), None)


def test_a_corrected_character_is_as_sure_as_its_share_of_what_is_left() -> None:
    """Once what was read is ruled out, the other has its part of the rest, and is never surer than what was read was."""
    got = correct(transcript("A", char("I", 0.8, _1=0.15), "7"), pattern=LOT)
    character = got.transcript.characters[1]
    assert (character.text, character.alternative, character.margin) == ("1", "I", 0.0)
    assert character.confidence == got.transcript.confidence == pytest.approx(0.15 / 0.2)
    near = correct(transcript("A", char("I", 0.5, _1=0.49), "7"), pattern=LOT).transcript
    assert near.characters[1].confidence == near.confidence == pytest.approx(0.5)


def test_a_text_keeps_the_doubt_that_no_character_has() -> None:
    """A recogniser may know more of the whole than of its characters: the least that was said of either stands."""
    read = replace(transcript("A1", char(" ", 0.9, blank=0.1), "7"), confidence=0.3)
    assert correct(read, pattern=LOT).transcript.confidence == 0.3


def test_a_text_that_meets_its_pattern_is_never_changed() -> None:
    """However near something else comes, what is allowed is what was read."""
    read = transcript("A", char("1", 0.41, _7=0.4), "7")
    assert correct(read, pattern=LOT, confusions="seen") == Corrected(transcript=read, raw="A17")


@pytest.mark.parametrize(
    ("read", "keys"),
    [
        (transcript("A", char("I", 0.999), "7"), {}),
        (transcript("A", char("I", 0.8, _1=0.15), "7"), {"confusions": "none"}),
        (transcript("A", char("X", 0.8, _1=0.15), "7"), {}),
        (transcript("A", char("I", 0.8, _1=0.15), "7"), {"confusions": ("O0",)}),
        (transcript("A17X"), {}),
    ],
    ids=["nothing was seen of it", "none allowed", "no look-alike", "not in the sets", "too long"],
)
def test_a_pattern_that_cannot_be_met_leaves_the_text(read: Transcript, keys: dict[str, Any]) -> None:
    """The text stays as it was read, with its confidence, and is doubted in words."""
    got = correct(read, pattern=LOT, **keys)
    assert (got.transcript, got.rules) == (read, ())
    assert got.doubt == f'"{read.text}" does not meet the pattern {LOT}'


def test_sets_of_ones_own_and_all_that_was_seen() -> None:
    """An operator may name the look-alikes of his print, or trust all that the model hesitated about."""
    read = transcript("A", char("X", 0.8, _1=0.15), "7")
    assert correct(read, pattern=LOT, confusions=("X1",)).transcript.text == "A17"
    assert correct(read, pattern=LOT, confusions="seen").transcript.text == "A17"


def test_the_full_width_twin_is_a_look_alike() -> None:
    """A Chinese charset has each sign twice; a pattern says which one is meant."""
    got = correct(transcript("08", char("\N{FULLWIDTH COLON}", 0.6, **{":": 0.35}), "42"), pattern=r"\d\d:\d\d")
    assert (got.transcript.text, got.transcript.confidence) == ("08:42", pytest.approx(0.6))


def test_two_results_with_like_evidence_are_a_tie() -> None:
    """Where nothing tells two texts apart, neither is taken, and both are named."""
    tie = transcript(char("8", 0.8, B=0.09, S=0.08), "17")
    got = correct(tie, pattern=LOT, confusions=("8B", "8S"))
    assert (got.transcript, got.rules, got.doubt) == (tie, (), '"817" is ambiguous: B17 or S17')
    clear = transcript(char("8", 0.8, B=0.15, S=0.02), "17")
    assert correct(clear, pattern=LOT, confusions=("8B", "8S")).transcript.text == "B17"


def test_a_space_that_the_pattern_does_not_want_is_left_out() -> None:
    """What stays is as sure as it was; the switch forbids it."""
    read = transcript("A1", char(" ", 0.5, blank=0.3), "7")
    got = correct(read, pattern=LOT)
    assert (got.transcript.text, got.rules, got.transcript.confidence) == ("A17", (rf"pattern {LOT}: a space left out",), 0.5)
    assert correct(read, pattern=LOT, drop_spaces=False).doubt is not None
    assert correct(transcript("A1", char("x", 0.5, blank=0.3), "7"), pattern=LOT).doubt is not None


def test_a_plate_is_corrected_in_chinese() -> None:
    """Any character may stand in a pattern, a set or a dictionary."""
    plate = r"[皖苏][A-Z][A-Z0-9]{5}"
    got = correct(transcript(char("院", 0.7, 皖=0.2), "A", "19CC9"), pattern=plate, confusions=("院皖",))
    assert (got.transcript.text, got.rules) == ("皖A19CC9", (f"pattern {plate}: 院 -> 皖",))
    assert correct(transcript("生产曰期"), ("生产日期", "保质期")).transcript.text == "生产日期"


@pytest.mark.parametrize(
    ("read", "meant"),
    [("BATCH", "BATCH"), ("BATOH", "BATCH"), ("BATH", "BATCH"), ("BATCHX", "BATCH"), ("BTOH", None), ("batch", None), ("L0T", "LOT")],
)
def test_a_dictionary_corrects_within_its_distance(read: str, meant: str | None) -> None:
    """One edit is repaired, two are not; case counts; what is in it stays."""
    got = correct(transcript(read), ("BATCH", "LOT"), max_distance=1)
    assert got.transcript.text == (meant or read)
    assert got.rules == ((f"dictionary: {read} -> {meant}",) if meant not in (read, None) else ())
    assert got.doubt == (None if meant else f'"{read}" is not in the dictionary')


def test_equally_near_entries_change_nothing() -> None:
    """A tie is told with both texts; a mere confusion is nearer than another edit and decides."""
    got = correct(transcript("LXT"), ("LOT", "LET"))
    assert (got.transcript.text, got.rules, got.doubt) == ("LXT", (), '"LXT" is ambiguous: LET or LOT')
    assert correct(transcript("L0T"), ("LOT", "LET")).transcript.text == "LOT"


def test_half_of_an_entry_must_have_been_read() -> None:
    """A short entry is not within reach of everything."""
    assert correct(transcript("B"), ("A",)).doubt == '"B" is not in the dictionary'
    assert correct(transcript("XYZ"), ("ABZ",), max_distance=2).transcript.text == "XYZ"


def test_what_a_dictionary_adds_was_not_seen() -> None:
    """What was not read has no confidence, what was replaced or left out has that of the evidence; the text has the least."""
    added = correct(transcript("BATH"), ("BATCH",)).transcript
    assert [character.confidence for character in added.characters] == [0.9, 0.9, 0.9, 0.0, 0.9]
    assert added.confidence == 0.0
    replaced = correct(transcript("BAT", char("G", 0.6, C=0.3), "H"), ("BATCH",)).transcript
    assert replaced.confidence == pytest.approx(0.6)
    left_out = correct(transcript("BATCH", char("X", 0.8, blank=0.1)), ("BATCH",)).transcript
    assert left_out.confidence == pytest.approx(0.1 / 0.2)
    assert [character.text for character in replaced.characters] == list("BATCH")


def test_the_dictionary_has_the_last_word() -> None:
    """The pattern goes first; what it cannot decide, a list of all texts may."""
    read = transcript(char("8", 0.8, B=0.09, S=0.08), "17")
    got = correct(read, ("S17", "C20"), pattern=LOT, confusions=("8B", "8S"))
    assert (got.transcript.text, got.rules, got.doubt) == ("S17", ("dictionary: 817 -> S17",), None)
    both = correct(transcript("A", char("I", 0.8, _1=0.15), "8"), ("A17", "C20"), pattern=LOT)
    assert (both.raw, both.transcript.text) == ("AI8", "A17")
    assert both.rules == (rf"pattern {LOT}: I -> 1", "dictionary: A18 -> A17")
    assert correct(transcript("A99"), ("A17",), pattern=LOT).doubt == '"A99" is not in the dictionary'


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_read_is_nothing_to_correct(text: str) -> None:
    """That no text was read is told once, by those who judge."""
    read = transcript(text)
    assert correct(read, ("A17",), pattern=LOT) == Corrected(transcript=read, raw=text)


def test_without_rules_nothing_happens() -> None:
    """The default takes any text as it is."""
    read = transcript("anything 17")
    assert correct(read) == Corrected(transcript=read, raw=read.text)


@st.composite
def doubtful(draw: st.DrawFn) -> Transcript:
    """A text whose characters hesitate."""
    characters = []
    for text in draw(st.text("AIO10 8B", min_size=1, max_size=6)):
        confidence = draw(st.floats(0.05, 1.0))
        others = draw(st.dictionaries(st.sampled_from(["A", "I", "O", "1", "0", "8", "B", ""]), st.floats(0.001, 1.0), max_size=4))
        total, left = sum(others.values()), min(1 - confidence, confidence)
        seen = tuple((other, share / total * left) for other, share in others.items() if other != text)
        characters.append(Character(text=text, confidence=confidence, alternative="", margin=0.0, others=seen))
    return transcript(*characters)


@given(doubtful(), st.sampled_from([LOT, r"\d+", r"[A-Z]+", r"\w{3} ?\d*"]), st.sampled_from(["default", "seen", ("I1", "O0", "8B")]))
def test_no_correction_looks_surer_than_what_was_read(read: Transcript, pattern: str, confusions: str) -> None:
    """Whatever is changed, the confidence never rises, text and characters agree, and a change is told or there is none."""
    got = correct(read, ("A10", "B18 0"), pattern=pattern, confusions=confusions, max_distance=2)
    assert 0.0 <= got.transcript.confidence <= read.confidence
    assert "".join(character.text for character in got.transcript.characters) == got.transcript.text
    assert got.raw == read.text
    assert (got.transcript == read) == (not got.rules)
    assert all(0.0 <= character.confidence <= 1.0 for character in got.transcript.characters)
