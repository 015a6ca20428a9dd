"""A text line after the rules of its place: a pattern first, then a dictionary, which has the last word.

A text that meets its rules is never changed. One that cannot be made to meet them, or in two ways that
nothing tells apart, stays as it was read and is doubted. Nothing makes a text look surer than it was read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from edged.config import RulesSection
from edged.flow.rules.confusions import Confusions
from edged.flow.rules.dictionary import Dictionary, edits
from edged.flow.rules.evidence import confidence, option, replaced
from edged.flow.rules.fit import TIE, Option, fits
from edged.lib.pattern import compile_pattern
from edged.types import Character, Corrected, Transcript


class Rules:
    """The rules of one source or field."""

    def __init__(self, section: RulesSection, entries: Sequence[str] = ()) -> None:
        """*entries* are those of the section's dictionary, wherever they stand."""
        self._alike = Confusions(section.confusions)
        self._drop_spaces = section.drop_spaces
        self._pattern = compile_pattern(section.pattern) if section.pattern is not None else None
        self._dictionary = Dictionary(entries, section.max_distance, self._alike) if entries else None

    def correct(self, read: Transcript) -> Corrected:
        """What *read* says by these rules."""
        corrected = Corrected(transcript=read, raw=read.text)
        if read.text.strip():  # nothing read is nothing to correct, and told as that
            corrected = self._by_dictionary(self._by_pattern(corrected))
        return corrected

    def _by_pattern(self, read: Corrected) -> Corrected:
        pattern, characters = self._pattern, read.transcript.characters
        if pattern is None or pattern.matches(read.raw):
            return read
        found = fits(pattern, [list(self._options(character)) for character in characters])
        if not found:
            return replace(read, doubt=f'"{read.raw}" does not meet the pattern {pattern.text}')
        best, *second = found
        if second and second[0].cost - best.cost < TIE:
            return replace(read, doubt=f'"{read.raw}" is ambiguous: {best.text} or {second[0].text}')
        meant = [taken.text for taken in best.options]
        words = tuple(
            f"pattern {pattern.text}: {character.text} -> {text}" if text else f"pattern {pattern.text}: a space left out"
            for character, text in zip(characters, meant, strict=True)
            if text != character.text
        )
        return _changed(read, list(enumerate(meant)), words)

    def _options(self, character: Character) -> Iterator[Option]:
        """Itself, and what the sets allow and the recogniser saw something of: a look-alike without any evidence is a guess."""
        yield option(character, character.text)
        for text, _ in character.others:
            if (text == "" and character.text == " " and self._drop_spaces) or self._alike.allow(character.text, text):
                yield option(character, text)

    def _by_dictionary(self, read: Corrected) -> Corrected:
        text = read.transcript.text
        if self._dictionary is None:
            return read
        if text in self._dictionary:
            return replace(read, doubt=None)
        nearest = self._dictionary.nearest(text)
        if len(nearest) > 1:
            return replace(read, doubt=f'"{text}" is ambiguous: {nearest[0]} or {nearest[1]}')
        if not nearest:
            return replace(read, doubt=f'"{text}" is not in the dictionary')
        characters = [character.text for character in read.transcript.characters]
        return _changed(read, edits(characters, nearest[0]), (f"dictionary: {text} -> {nearest[0]}",))


class FieldRules:
    """The rules of one source, by field."""

    def __init__(self, fields: Mapping[str, Rules], others: Rules) -> None:
        """*others* are those of a line that is no field."""
        self._fields, self._others = dict(fields), others

    def of(self, field: str | None) -> Rules:
        """Those of a line that is this field, or none."""
        return self._fields.get(field, self._others) if field is not None else self._others

    def correct(self, read: Transcript, field: str | None) -> Corrected:
        """What *read* says by the rules of its field."""
        return self.of(field).correct(read)


def _changed(read: Corrected, taken: Sequence[tuple[int | None, str]], words: tuple[str, ...]) -> Corrected:
    """With these characters in place of those that were read."""
    before = read.transcript.characters
    new = tuple(
        Character(text=text, confidence=0.0, alternative="", margin=0.0) if index is None else replaced(before[index], text)
        for index, text in taken
        if text
    )
    left_out = [confidence(before[index], text) for index, text in taken if index is not None and not text]
    transcript = Transcript(
        text="".join(character.text for character in new),
        confidence=min([read.transcript.confidence, *(character.confidence for character in new), *left_out]),
        characters=new,
    )
    return Corrected(transcript=transcript, raw=read.raw, rules=read.rules + words)
