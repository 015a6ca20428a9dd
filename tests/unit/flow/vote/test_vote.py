"""What several pictures of one part say together."""

from collections.abc import Sequence

import pytest

from edged.flow.vote import fuse
from edged.flow.vote.characters import align
from edged.flow.vote.lines import same_lines
from edged.types import NO_TEXT, Box, Character, SeenLine, Transcript

Said = Sequence[tuple[str, float] | tuple[str, float, str]]


def box(left: float = 0, top: float = 0) -> Box:
    return (left, top), (left + 90, top), (left + 90, top + 20), (left, top + 20)


def seen(text: str, sure: float = 0.9, *, weak: dict[int, tuple[float, str]] | None = None, **more: object) -> SeenLine:
    """A line in which each character is that sure; *weak* ones are less sure, and something else was seen there."""
    characters = []
    for index, one in enumerate(text):
        share, other = (weak or {}).get(index, (sure, "#"))
        left = round(1 - share - 0.01, 6)
        characters.append(Character(text=one, confidence=share, alternative=other, margin=share - left, others=((other, left),)))
    transcript = Transcript(text=text, confidence=min(c.confidence for c in characters), characters=tuple(characters)) if text else NO_TEXT
    return SeenLine(**({"transcript": transcript, "box": box()} | more))  # type: ignore[arg-type]


def one(*frames: SeenLine) -> SeenLine:
    [line] = fuse([[frame] for frame in frames])
    return line


def test_a_single_frame_is_left_as_it_is() -> None:
    """One picture is a vote of one."""
    assert one(seen("L24117")) == seen("L24117")


def test_pictures_that_agree_are_surer_than_each() -> None:
    """Evidence adds up, and never to more than everything."""
    line = one(*[seen("A17", 0.8)] * 3)
    assert (line.transcript.text, line.frames, line.agreement) == ("A17", 3, 1.0)
    assert 0.8 < line.transcript.confidence < 1


def test_the_surer_one_wins_a_place_and_the_dispute_is_told() -> None:
    """The rest of each text votes, too: a wrong character does not drag the right ones along."""
    line = one(
        seen("L24117", weak={1: (0.55, "Z")}),
        seen("LZ4117", weak={1: (0.5, "2")}),
        seen("L2411T", weak={1: (0.6, "Z"), 5: (0.6, "7")}),
    )
    assert line.transcript.text == "L24117"
    assert (line.agreement, line.doubts) == (pytest.approx(1 / 3), ())
    assert line.transcript.confidence < 0.8
    assert ("Z" in [other for other, _ in line.transcript.characters[1].others]) or line.transcript.characters[1].alternative == "Z"


def test_a_sure_contradiction_leaves_no_sure_text() -> None:
    """A wrong text that looks sure is worse than none."""
    assert one(seen("2027", 0.97), seen("2021", 0.97)).transcript.confidence < 0.8


def test_what_one_picture_lost_or_doubled_is_put_right() -> None:
    """Characters that are missing or too many vote against those that others see there."""
    assert one(seen("L24117"), seen("L24117"), seen("L2417")).transcript.text == "L24117"
    assert one(seen("L24117"), seen("L24117"), seen("L241-17", weak={4: (0.5, "")})).transcript.text == "L24117"


def test_a_text_that_no_picture_says_is_doubted() -> None:
    """It may be right, and nobody has seen it."""
    line = one(seen("L2411T", weak={5: (0.5, "7")}), seen("LZ4117", weak={1: (0.5, "2")}))
    assert (line.transcript.text, line.agreement) == ("L24117", 0.0)
    assert line.doubts == ('none of 2 frames says "L24117" by itself',)


def test_what_glare_took_from_one_picture_the_others_put_back() -> None:
    """Nothing seen is weak evidence against a character that is seen surely."""
    line = one(seen("L24117"), seen("L24"), seen("L24117"), seen("4117"))
    assert (line.transcript.text, line.transcript.confidence > 0.9) == ("L24117", True)
    assert one(seen("L24"), seen("L24117"), seen("L24")).transcript.text == "L24117"


def test_another_text_moves_no_character_and_takes_confidence() -> None:
    """What cannot be laid beside the others for certain is a vote against all of it."""
    line = one(seen("L24117"), seen("L24117"), seen("#####", 0.9))
    assert line.transcript.text == "L24117"
    assert line.transcript.confidence < one(seen("L24117"), seen("L24117")).transcript.confidence * 0.7


def test_spaces_at_the_ends_are_the_cut_and_no_text() -> None:
    """A weak space before the first character makes nothing unsure."""
    line = one(seen(" L24117", weak={0: (0.4, "")}), seen("L24117 "))
    assert (line.transcript.text, line.agreement) == ("L24117", 1.0)
    assert line.transcript.confidence > 0.9


def test_doubtful_pictures_are_heard_only_where_no_other_is() -> None:
    """A frame that the gate warns of does not outvote a clean one."""
    doubtful = seen("WRONG", 0.99, doubts=("sharpness 9 < 14",))
    line = one(doubtful, doubtful, seen("RIGHT"))
    assert (line.transcript.text, line.frames, line.doubts) == ("RIGHT", 1, ())
    assert one(doubtful, doubtful).doubts == ("sharpness 9 < 14",)


def test_nothing_read_anywhere_is_nothing() -> None:
    """Empty pictures agree on nothing, and are not sure of it."""
    line = one(seen(""), seen(""))
    assert (line.transcript, line.frames) == (NO_TEXT, 2)


def test_fields_are_paired_by_name() -> None:
    """Each field has its own vote."""
    frames = [[seen("A1", field="lot"), seen("2027", field="date")], [seen("A1", field="lot"), seen("2021", field="date")]]
    lot, date = fuse(frames)
    assert (lot.field, lot.agreement, date.field, date.agreement) == ("lot", 1.0, "date", 0.5)


def test_lines_that_were_found_are_paired_though_the_part_moves() -> None:
    """By order and text; a line that one picture missed is still one line, one that only one of four has is none."""

    def at(text: str, shift: float, row: int) -> SeenLine:
        return seen(text, box=box(shift, row * 40))

    frames = [
        [at("LOT A17", 0, 0), at("EXP 2027", 0, 1)],
        [at("LOT A17", 60, 0), at("EXP 2021", 60, 1)],
        [at("EXP 2027", 120, 1)],
        [at("LOT A17", 180, 0), at("EXP 2027", 180, 1), at("||", 180, 2)],
    ]
    assert [len(votes) for votes in same_lines(frames)] == [3, 4]
    assert [line.transcript.text for line in fuse(frames)] == ["LOT A17", "EXP 2027"]


@pytest.mark.parametrize(
    ("pivot", "other", "beside"),
    [
        ("L24117", "L24I17", (0, 1, 2, 3, 4, 5)),
        ("L24117", "L2417", (0, 1, 2, None, 3, 4)),  # which of the two ones is gone makes no difference
        ("ABCD", "ABXCD", (0, 1, 3, 4)),
        ("A1B", "AIIB", None),  # either I may be the 1
        ("ABC", "XYZ", None),
        ("", "", ()),
    ],
)
def test_texts_are_laid_beside_one_another_only_for_certain(pivot: str, other: str, beside: tuple[int | None, ...] | None) -> None:
    """Exchange, loss, insertion; two ways that mean different things are none."""
    aligned = align(pivot, other)
    assert (aligned.beside if aligned else None) == beside
