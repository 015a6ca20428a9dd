"""The kinds of values that a key may have, and what every section has in common."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from edged.lib.pattern import MAX_LENGTH, PatternError, compile_pattern

NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
BASE_PATTERN = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
CREDENTIAL_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"
IGNORE_PATTERN = r"^[^/]+$"
FOURCC_PATTERN = r"^[A-Z0-9]{4}$"
URL_SCHEMES = ("rtsp", "rtsps", "http", "https", "v4l2", "file")  # of cameras


def as_typed(value: object) -> object:
    """A bare whole number where text is expected is the text that was typed: `protocol: 5`."""
    return str(value) if type(value) is int else value


def _spelled_out(value: object) -> object:
    """Refuse what would silently name another place than the operator meant."""
    if isinstance(value, str):
        if not value or not value.isprintable():
            kind, text = "own", "expected a path, without control characters"
            raise PydanticCustomError(kind, text)
        if value.startswith("~"):
            kind, text = "own", "expected a path; ~ is not expanded, write the whole path"
            raise PydanticCustomError(kind, text)
    return value


def _absolute(value: Path, info: ValidationInfo) -> Path:
    """A relative path is relative to the file, where there is one; `..` is resolved in the text alone."""
    folder = (info.context or {}).get("folder")
    return Path(os.path.normpath(folder / value)) if folder else value


def _host(value: str) -> str:
    """A host alone; the value is not repeated, for it may carry a password."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?\]?", value):
        return value
    kind, text = "host", "expected a host name or an address alone; port, user and TLS have keys of their own"
    raise PydanticCustomError(kind, text)


def _url(value: str) -> str:
    """An address without a user and a password, which are never shown."""
    kind = "host"  # the value is not repeated
    scheme, _, rest = value.partition("://")
    if scheme not in URL_SCHEMES or not rest or not value.isprintable() or " " in value:
        text = f"expected {', '.join(f'{one}://' for one in URL_SCHEMES[:-1])} or {URL_SCHEMES[-1]}://, and what follows"
        raise PydanticCustomError(kind, text)
    if "@" in rest.partition("/")[0]:
        text = "expected an address without a user; they have keys of their own: username, and password_file or password_credential"
        raise PydanticCustomError(kind, text)
    return value


def _pattern(value: str) -> str:
    """A pattern that can be compiled."""
    try:
        compile_pattern(value)
    except PatternError as error:
        kind, text = "own", "expected a pattern; {why}"
        raise PydanticCustomError(kind, text, {"why": str(error)}) from error
    return value


def _setting(value: object) -> int | str:
    """What a control is set to."""
    if type(value) not in (int, str):
        kind, text = "own", "expected a whole number, or the text of a menu's entry"
        raise PydanticCustomError(kind, text)
    return value  # type: ignore[return-value]


def _confusions(value: object) -> str | tuple[str, ...]:
    """One of the words, or sets of characters."""
    if isinstance(value, list | tuple) and all(isinstance(one, str) and len(set(one)) > 1 for one in value):
        return tuple(value)
    if value not in ("default", "none", "seen"):
        kind, text = "own", 'expected default, none, seen, or a list of sets of two or more characters, such as ["O0", "I1l"]'
        raise PydanticCustomError(kind, text)
    return str(value)


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, min_length=1, max_length=64), BeforeValidator(as_typed)]
Text = Annotated[str, StringConstraints(min_length=1), BeforeValidator(as_typed)]
TopicBase = Annotated[str, StringConstraints(pattern=BASE_PATTERN, max_length=256), BeforeValidator(as_typed)]
Host = Annotated[str, StringConstraints(min_length=1), AfterValidator(_host)]
CameraUrl = Annotated[str, StringConstraints(min_length=1), AfterValidator(_url)]
FilePath = Annotated[Path, BeforeValidator(_spelled_out), AfterValidator(_absolute)]
Credential = Annotated[str, StringConstraints(pattern=CREDENTIAL_PATTERN, max_length=255), BeforeValidator(as_typed)]
NamePattern = Annotated[str, StringConstraints(pattern=IGNORE_PATTERN)]
FourCc = Annotated[str, StringConstraints(pattern=FOURCC_PATTERN), BeforeValidator(as_typed)]
ControlValue = Annotated[int | str, PlainValidator(_setting), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})]
TextPattern = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH), BeforeValidator(as_typed), AfterValidator(_pattern)]
ConfusionSets = Annotated[
    str | tuple[str, ...],
    PlainValidator(_confusions),
    WithJsonSchema({"anyOf": [{"enum": ["default", "none", "seen"]}, {"type": "array", "items": {"type": "string", "minLength": 2}}]}),
]


class Section(BaseModel):
    """A frozen part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, strict=True)
