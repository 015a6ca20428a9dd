"""Read labelled text lines with edged's own steps and write what `score.py` of the labelled pictures takes.

usage: eval_lines.py TREE OUT.tsv [--models-dir models] [--model NAME] [--set KEY=true …]

TREE has `<source>/<split>.tsv` (path TAB text) beside its pictures; OUT gets `<source>/<path>` TAB text TAB confidence.
"""

import argparse
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from edged.config import LimitsSection, PreprocessSection, RecogniseSection
from edged.flow import segments
from edged.flow.ctc import decode_greedy
from edged.flow.decode import decode, limit_threads
from edged.flow.model_files import LoadedModel, load_model
from edged.flow.preprocess import prepare
from edged.flow.recognise import Recogniser
from edged.types import Pixels, Posteriors, TextLine, Transcript

ROOT = Path(__file__).resolve().parent.parent
MODEL = "ppocrv2-crnn"
_AHEAD = 16


def labelled(tree: Path, split: str = "dev") -> Iterator[tuple[str, str]]:
    """Key (`<source>/<path>`) and text of every line below *tree*."""
    for table in sorted(tree.glob(f"*/{split}.tsv")):
        for row in table.read_text(encoding="utf8").splitlines():
            if row.strip():
                path, _, text = row.partition("\t")
                yield f"{table.parent.name}/{path}", text


class Chain:
    """Model and steps, joined as the daemon joins them, for one thread."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self.recogniser = Recogniser(model, RecogniseSection())
        self.recogniser.open()

    def read(self, lines: Mapping[str, TextLine]) -> dict[str, Transcript]:
        """Recognise and decode many lines, as fast as the recogniser takes them."""
        done: dict[str, Transcript] = {}
        waiting: deque[tuple[str, list[Answer]]] = deque()
        for key, line in lines.items():
            waiting.append((key, [self._submit(piece) for piece in self._cut(line.image)]))
            if len(waiting) > _AHEAD:  # so that no more than a few posteriors are kept
                first, answers = waiting.popleft()
                done[first] = self._transcript(answers)
        return done | {key: self._transcript(answers) for key, answers in waiting}

    def _cut(self, image: Pixels) -> list[Pixels]:
        spec = self.model.manifest.input
        return segments.cut(image, widest=spec.width_buckets[-1], overlap=spec.overlap)

    def _submit(self, piece: Pixels) -> "Answer":
        answer = Answer()
        self.recogniser.submit(piece, answer.put)
        return answer

    def _transcript(self, answers: list["Answer"]) -> Transcript:
        spec = self.model.manifest.input
        posteriors = segments.join([answer.take() for answer in answers], overlap=spec.overlap // spec.stride)
        return decode_greedy(posteriors, charset=self.model.charset, blank=self.model.manifest.blank_index)


class Answer:
    """What one submit will bring."""

    def __init__(self) -> None:
        self._come = threading.Event()
        self._posteriors: Posteriors | None = None
        self._error: BaseException | None = None

    def put(self, posteriors: Posteriors | None, error: BaseException | None) -> None:
        self._posteriors, self._error = posteriors, error
        self._come.set()

    def take(self) -> Posteriors:
        self._come.wait()
        if self._posteriors is None:
            raise self._error or RuntimeError
        return self._posteriors


def prepared(tree: Path, keys: Iterable[str], section: PreprocessSection, height: int) -> dict[str, TextLine]:
    """Decode and preprocess."""
    return {key: prepare(decode((tree / key).read_bytes(), LimitsSection()).image, section, height) for key in keys}


def write(out: Path, transcripts: Mapping[str, Transcript]) -> None:
    rows = (f"{key}\t{t.text}\t{t.confidence:.6f}\n" for key, t in transcripts.items())
    out.write_text("".join(rows), encoding="utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--models-dir", type=Path, default=ROOT / "models")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=BOOL", help="a switch of `preprocess`")
    arguments = parser.parse_args()
    limit_threads(1)
    switches = {key: value == "true" for key, _, value in (one.partition("=") for one in arguments.set)}
    chain = Chain(load_model([arguments.models_dir], arguments.model))
    lines = prepared(
        arguments.tree, (key for key, _ in labelled(arguments.tree)), PreprocessSection(**switches), chain.model.manifest.input.height
    )
    write(arguments.out, chain.read(lines))
    doubted = sum(bool(line.reasons) for line in lines.values())
    print(f"{len(lines)} lines to {arguments.out}; {doubted} would be unsure by their shape")


if __name__ == "__main__":
    main()
