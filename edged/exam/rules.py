"""What counts as the same text: NFKC, no spaces, no case; where the labels of a source ask for more, `rules.yaml` says so."""

import unicodedata
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edged.errors import UsageError
from edged.lib.findings import findings_of

FILE_NAME: Final = "rules.yaml"


class Rules(BaseModel):
    """All of `rules.yaml`: lists of sources, by their folders' names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alnum: frozenset[str] = frozenset()  # only letters, digits and hanzi count: the labels omit separators
    o_is_zero: frozenset[str] = frozenset()  # the two look alike there, and the labels chose one
    caseless: frozenset[str] = frozenset()  # the labels do not keep the case, so `case` says nothing
    apart: frozenset[str] = frozenset()  # shown, outside all means
    groups: dict[str, frozenset[str]] = Field(default_factory=dict)  # means of their own

    def normalise(self, text: str, source: str, *, fold: bool = True) -> str:
        """What is compared; with *fold* a and A are one."""
        text = "".join(unicodedata.normalize("NFKC", text).split())
        if fold:
            text = text.casefold()
        if source in self.alnum:
            text = "".join(c for c in text if c.isalnum())
        if source in self.o_is_zero:
            text = text.replace("o", "0").replace("O", "0")
        return text


def load_rules(path: Path | None, tree: Path) -> Rules:
    """Read the rules named, else those that lie in the tree, else none.

    Raises:
        UsageError: They cannot be read, or say something else than rules.
    """
    path = path or tree / FILE_NAME
    try:
        return Rules.model_validate(yaml.safe_load(path.read_bytes()) or {}, strict=False)
    except FileNotFoundError as error:
        if path == tree / FILE_NAME:
            return Rules()
        message = f"{path}: there is no such file"
        raise UsageError(message, hint=f"name a file of rules, or leave --rules out: {FILE_NAME} in the folder is found") from error
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise UsageError(message, hint="see that you may read it") from error
    except yaml.YAMLError as error:
        message = f"{path}: not YAML: {' '.join(str(error).split())}"
        raise UsageError(message, hint="write `alnum: [source, …]`, a list a line") from error
    except ValidationError as error:
        message = f"{path}: {findings_of(error)}"
        raise UsageError(message, hint=f"its keys are {', '.join(Rules.model_fields)}: lists of sources") from error
