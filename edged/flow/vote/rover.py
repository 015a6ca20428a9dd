"""The vote: one transcript of a line from those of several pictures.

As in ROVER (Fiscus 1997) the readings are laid beside one another and each place votes; where they stand beside one another for
certain, the votes are the posteriors, multiplied (the product rule of Kittler et al. 1998) and tempered by a power of their
number: pictures of one part share its light, its print and the model's habits, so they say less than as many independent ones
would. Where one sees nothing and others a character, that is weak evidence: glare and smears take characters away, and seldom make
one. The figures stand in ARCHITECTURE.md, D-113. A picture whose text cannot be laid beside the others for certain votes as a
string: it takes confidence, and moves no character.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import exp, log
from typing import Final

from edged.flow.ctc import SEEN
from edged.flow.vote.characters import Aligned, align
from edged.flow.vote.lines import Frames, same_lines
from edged.types import NO_TEXT, Character, SeenLine, Transcript

_TEMPER: Final = 0.3  # exponent of the number of pictures by which their evidence is divided
_LOST: Final = 0.05  # of a character, where a picture shows nothing: glare and smears take characters away, and seldom make one
Shares = dict[str, float]  # what one picture says of one place: texts and their posteriors; "" is nothing


NOTHING: Final[Shares] = {"": 0.6}  # at a place where others see something; nobody keeps the posteriors of blanks


def fuse(frames: Frames) -> tuple[SeenLine, ...]:
    """The lines that these pictures of one part have together, each as one picture's line: before the rules."""
    trimmed = [[_trimmed(line) for line in lines] for lines in frames]
    if len(frames) == 1:
        return tuple(trimmed[0])
    return tuple(_fused(votes, len(frames)) for votes in same_lines(trimmed))


def _trimmed(line: SeenLine) -> SeenLine:
    """Without the spaces at its ends: they tell where the picture was cut, which differs from frame to frame, and not what is printed."""
    characters = line.transcript.characters
    while characters and characters[-1].text.isspace():
        characters = characters[:-1]
    while characters and characters[0].text.isspace():
        characters = characters[1:]
    if len(characters) == len(line.transcript.characters):
        return line
    text = "".join(character.text for character in characters)
    transcript = Transcript(
        text=text, confidence=min((character.confidence for character in characters), default=0.0), characters=characters
    )
    return replace(line, transcript=transcript)


def _fused(votes: Sequence[SeenLine], pictures: int) -> SeenLine:
    """One line; a picture that has not even the line takes confidence, unless it just shows nothing there."""
    saying = [vote for vote in votes if vote.transcript.text.strip()]
    if not saying:
        return replace(votes[0], frames=len(votes))
    clean = [vote for vote in saying if not vote.doubts] or saying
    transcript = vote_on([vote.transcript for vote in clean])
    best = max(clean, key=lambda vote: (vote.transcript.text == transcript.text, vote.transcript.confidence))
    present = len(votes) / pictures
    alike = sum(vote.transcript.text == transcript.text for vote in clean)
    made_up = () if alike or not transcript.text else (f'none of {len(clean)} frames says "{transcript.text}" by itself',)
    return replace(
        best,
        transcript=replace(transcript, confidence=transcript.confidence * present),
        doubts=(*best.doubts, *made_up),
        frames=len(clean),
        agreement=alike / len(clean),
    )


def vote_on(transcripts: Sequence[Transcript]) -> Transcript:
    """What these readings of one line say together; the first alone is left as it is."""
    if len(transcripts) == 1:
        return transcripts[0]
    pivot = _pivot(transcripts)
    texts = [character.text for character in pivot.characters]
    beside, aside = [], 0.0
    for transcript in transcripts:
        aligned = align(texts, [character.text for character in transcript.characters])
        if aligned is None:
            aside += transcript.confidence
        else:
            beside.append((transcript, aligned))
    whole = sum(transcript.confidence for transcript in transcripts)
    return _voted(len(texts), beside, sure=1 - aside / whole if whole else 0.0)


def _pivot(transcripts: Sequence[Transcript]) -> Transcript:
    """The surest of those that say what most confidence says."""
    weights: dict[str, float] = defaultdict(float)
    for transcript in transcripts:
        weights[transcript.text] += transcript.confidence
    return max(transcripts, key=lambda transcript: (weights[transcript.text], transcript.confidence))


def _voted(length: int, beside: Sequence[tuple[Transcript, Aligned]], sure: float) -> Transcript:
    """Place by place: each gap of the pivot in which somebody saw something, and each of its characters."""
    places: list[list[Shares]] = []
    for at in range(length + 1):
        widest = max(len(aligned.between[at]) for _, aligned in beside)
        places += [[_in_gap(transcript, aligned, at, number) for transcript, aligned in beside] for number in range(widest)]
        if at < length:
            places.append([_at(transcript, aligned, at) for transcript, aligned in beside])
    decided = [_character(shares) for shares in places]
    characters = tuple(character for character in decided if character.text)
    if not characters:
        return NO_TEXT
    return Transcript(
        text="".join(character.text for character in characters),
        confidence=min(character.confidence for character in decided) * sure,
        characters=characters,
    )


def _at(transcript: Transcript, aligned: Aligned, at: int) -> Shares:
    index = aligned.beside[at]
    return _shares(transcript.characters[index]) if index is not None else NOTHING


def _in_gap(transcript: Transcript, aligned: Aligned, at: int, number: int) -> Shares:
    indexes = aligned.between[at]
    return _shares(transcript.characters[indexes[number]]) if number < len(indexes) else NOTHING


def _shares(character: Character) -> Shares:
    return {**dict(character.others), character.text: character.confidence}


def _character(votes: Sequence[Shares]) -> Character:
    """The character at one place, `""` where it is none: one that a picture reads there, for what all see only weakly nobody read."""
    read = {max(shares, key=lambda text: shares[text]) for shares in votes}
    texts = {text for shares in votes for text in shares}
    temper = len(votes) ** -_TEMPER
    scores = {text: temper * sum(log(_share(shares, text)) for shares in votes) for text in texts}
    highest = max(scores.values())
    weights = {text: exp(score - highest) for text, score in scores.items()}
    total = sum(weights.values()) + _unseen(votes, temper, highest)
    ranked = sorted(((weight / total, text) for text, weight in weights.items()), key=lambda one: (one[1] in read, *one), reverse=True)
    (share, text), rest = ranked[0], ranked[1:]
    second, alternative = max(rest, default=(0.0, ""))
    others = tuple((other, posterior) for posterior, other in sorted(rest, reverse=True) if posterior >= SEEN)
    return Character(text=text, confidence=share, alternative=alternative, margin=share - second, others=others)


def _unseen(votes: Sequence[Shares], temper: float, highest: float) -> float:
    """The weight of all that no picture told of: what is left of 1 in each."""
    left = temper * sum(log(_LOST if shares is NOTHING else max(1 - sum(shares.values()), SEEN)) for shares in votes)
    return exp(left - highest)


def _share(shares: Shares, text: str) -> float:
    """What one picture gives a text at a place, at least so much that no picture alone can rule it out."""
    return max(shares.get(text, 0.0), _LOST if shares is NOTHING else SEEN)
