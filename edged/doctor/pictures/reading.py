"""What was read, how sure, and at which letter the doubt lies."""

from collections.abc import Iterator
from typing import Final

from edged.doctor.finding import Finding, bad, doubt, good
from edged.doctor.pictures.sight import Sight, named, shortened
from edged.types import FieldState, Outcome, ReadLine

_TOLD: Final = 12  # doubtful lines
_FORM: Final = "light and focus first; then say what it may be (rules.pattern, rules.dictionary), or let the model learn it (models tune)"
_UNREAD: Final = "do what is said above; see that the text stands upright and is of a kind that the model knows"


def look(sight: Sight) -> Iterator[Finding]:
    """The lines that are doubted, the outcome and its reasons."""
    reading = sight.reading
    if sight.image is None:
        return
    weak = [(number, line) for number, line in enumerate(reading.lines, start=1) if _doubted(line, sight.source.unsure_below)]
    for number, line in weak[:_TOLD]:
        yield doubt(f"{named(number, line)}: {doubts_of(line)}", _FORM if line.transcript.text.strip() else _UNREAD)
    if len(weak) > _TOLD:
        yield doubt(f"and {len(weak) - _TOLD} more such lines", "edged read --annotate OUT.png shows them all in the picture")
    lines = {line.field for line in reading.lines}
    for field in reading.fields:
        if field.state is FieldState.NOT_READ and field.name not in lines:
            yield doubt(f"field {field.name} was not read", "see its place (fields.NAME.box) in the picture: edged read --annotate OUT.png")
    yield _outcome(sight)


def doubts_of(line: ReadLine) -> str:
    """What speaks against a line: its confidence, its weakest letter with what else was seen there, its other doubts."""
    parts = [f"confidence {line.transcript.confidence:.2f}"] if line.transcript.text.strip() else ["nothing was read"]
    if line.transcript.characters:
        weakest = min(line.transcript.characters, key=lambda character: character.confidence)
        other = f"{shortened(weakest.alternative)}" if weakest.alternative else "nothing"
        parts.append(f"weakest at {shortened(weakest.text)} ({weakest.confidence:.2f}, next to it {other})")
    return "; ".join((*parts, *line.doubts))


def _doubted(line: ReadLine, unsure_below: float) -> bool:
    return bool(line.doubts) or line.transcript.confidence < unsure_below or not line.transcript.text.strip()


def _outcome(sight: Sight) -> Finding:
    reading = sight.reading
    if reading.outcome is Outcome.OK:
        return good(f"read, and sure: {shortened(reading.text.replace(chr(10), ' / '), 80)} ({reading.confidence:.2f})")
    text = f"{reading.outcome}: {'; '.join(reading.reasons)}"
    if reading.outcome is Outcome.UNSURE:
        return doubt(text, "a subscriber should not act on it: mend what is marked above")
    return bad(text, "mend what is marked above, and send the picture again")
