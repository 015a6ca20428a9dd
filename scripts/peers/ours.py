"""A model of our shelf, by the daemon's own way from bytes to text: decode, checks and all."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from edged import __version__
from edged.commands.evaluate import PLAIN, answer_of
from edged.commands.pictures import opened as opened_chain
from edged.config import ModelSection
from edged.generation import config_or_defaults
from scripts.peers.worker import peak_mib


class Ours:
    def __init__(self, model: str, precision: str, models_dir: str) -> None:
        self._stack = ExitStack()  # open as long as the process
        wanted = ModelSection.model_validate({"name": model, "precision": precision})
        self._chain = self._stack.enter_context(opened_chain(config_or_defaults(None), PLAIN, wanted, Path(models_dir)))
        self.version = f"edged {__version__}"
        recogniser = self._chain.recogniser
        self.settings = (
            f"as the daemon: {recogniser.threads} threads, {recogniser.requests} requests, fixed shapes, f32 arithmetic asked for"
        )

    def read(self, paths: Sequence[str]) -> list[str]:
        answers = (answer_of(reading) for reading in self._chain.readings(paths))
        return [answer.text if answer else "" for answer in answers]

    def memory_mib(self) -> float:
        return peak_mib()


def opened(_threads: int, _paths: Sequence[str], *, model: str, precision: str, models_dir: str) -> Ours:
    return Ours(model, precision, models_dir)
