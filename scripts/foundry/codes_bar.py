"""crnn-codes beside the large model, as the daemon reads with both, on one core: what is right, what is told upside down, how fast.

usage: python -m scripts.foundry.codes_bar TREE --model FOLDER[:PRECISION] [--against FOLDER[:PRECISION]] [--rounds 3] [--json FILE]

FOLDER is a model folder: `models/crnn-codes`, or what `codes_export CHECKPOINT --out PLACE` wrote. TREE has labelled lines. The two take
turns in one process, pinned to one core. Lines per second are told twice: from file to text, and of the model alone, from a line
in memory to its posteriors.
"""

import argparse
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edged.commands.evaluate import PLAIN, answer_of, is_upside_down, read
from edged.commands.pictures import Chain, opened
from edged.config import ModelSection, RecogniseSection
from edged.config.file import LoadedConfig
from edged.exam.labelled import Labelled, labelled
from edged.exam.rules import load_rules
from edged.exam.score import score
from edged.generation import config_or_defaults
from edged.types import Pixels, Posteriors, Reading
from scripts.foundry.codes.turned import reads_both_ways
from scripts.foundry.paths import PROJECT

_RULES: Final = PROJECT / "scripts" / "labelled.rules.yaml"
_UPRIGHT: Final = "wire_markers"
_TURNED: Final = "wire_markers_upsidedown"

Table = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A model that is open on one core."""

    name: str
    chain: Chain

    def seconds(self, paths: Sequence[str]) -> float:
        """From files to texts."""
        begun = time.perf_counter()
        for _ in self.chain.readings(paths):
            pass
        return time.perf_counter() - begun

    def pieces(self, paths: Sequence[str]) -> list[Pixels]:
        """The lines in memory, as the recogniser takes them."""
        steps = self.chain.reader.steps
        return [
            piece for path in paths for line in steps.layout(steps.decode(Path(path).read_bytes())).lines for piece in steps.cut(line.image)
        ]

    def seconds_alone(self, pieces: Sequence[Pixels]) -> float:
        """From lines to posteriors."""
        left, done = threading.Semaphore(0), len(pieces)

        def answered(_: Posteriors | None, error: BaseException | None) -> None:
            assert error is None
            left.release()

        begun = time.perf_counter()
        for piece in pieces:
            self.chain.recogniser.submit(piece, answered)
        for _ in range(done):
            left.acquire()
        return time.perf_counter() - begun


def contender(place: str, stack: ExitStack) -> Contender:
    """Open `FOLDER[:PRECISION]`."""
    folder, _, precision = place.partition(":")
    wanted = ModelSection.model_validate({"name": Path(folder).name, "precision": precision or "auto"})
    chain = stack.enter_context(opened(_one_thread(config_or_defaults(None)), PLAIN, wanted, Path(folder).resolve().parent))
    return Contender(name=f"{chain.reader.model.name} {chain.reader.model.precision}", chain=chain)


def _one_thread(loaded: LoadedConfig) -> LoadedConfig:
    config = loaded.config.model_copy(update={"recognise": RecogniseSection(threads=1)})
    return LoadedConfig(config=config, digest=loaded.digest, path=loaded.path, dictionaries=loaded.dictionaries)


def right(lines: Sequence[Labelled], both: Sequence[dict[str, Reading]], tree: Path) -> Table:
    """Exact by source, of the one and of the other."""
    rules = load_rules(_RULES, tree)
    scores = [score(lines, {k: a for k, r in found.items() if (a := answer_of(r))}, rules).sources for found in both]
    return {source: {"n": one.n, "exact": [s[source].exact for s in scores]} for source, one in scores[0].items() if source != _TURNED}


def told(lines: Sequence[Labelled], found: dict[str, Reading]) -> Table:
    """How often the way that a wire marker stands is told; what reads both ways is set apart."""
    table: Table = {}
    for source in (_UPRIGHT, _TURNED):
        of_one = [line for line in lines if line.source == source]
        told_way = [is_upside_down(found[line.key]) == (source == _TURNED) for line in of_one if not reads_both_ways(line.text)]
        table[source] = {"n": len(told_way), "told": sum(told_way) / max(1, len(told_way)), "apart": len(of_one) - len(told_way)}
    return table


def speed(pair: Sequence[Contender], paths: Sequence[str], rounds: int) -> Table:
    """Lines per second of each, the best round; they take turns."""
    pieces = [one.pieces(paths) for one in pair]
    whole, alone = [list[float]() for _ in pair], [list[float]() for _ in pair]
    for _ in range(rounds):
        for index, one in enumerate(pair):
            whole[index].append(one.seconds(paths))
            alone[index].append(one.seconds_alone(pieces[index]))
    table = {what: [len(paths) / min(seconds) for seconds in times] for what, times in (("file to text", whole), ("model alone", alone))}
    return {what: {"lines_per_second": rates, "ratio": rates[0] / rates[1]} for what, rates in table.items()}


def told_as_text(names: Sequence[str], figures: Table) -> Iterator[str]:
    """The figures for people."""
    yield f"{'exact':26}{'n':>6}{names[0]:>18}{names[1]:>18}"
    for source, row in figures["right"].items():
        yield (
            f"{source:26}{row['n']:6}" + "".join(f"{exact:18.3f}" for exact in row["exact"]) + f"{row['exact'][0] - row['exact'][1]:+9.3f}"
        )
    for source, row in figures["told"].items():
        yield f"{source}: the way it stands is told in {row['told']:.3f} of {row['n']}; {row['apart']} that read both ways are set apart"
    for what, row in figures["rates"].items():
        rates = " and ".join(f"{rate:.1f}" for rate in row["lines_per_second"])
        yield f"{what}: {rates} lines per second on one core, {row['ratio']:.2f} times"


def main() -> None:
    """Open both, read, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--against", default=str(PROJECT / "models" / "crnn-zh-en"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before any library counts them
    sources = (*load_rules(_RULES, args.tree).groups["factory"], _TURNED)
    lines = [line for line in labelled(args.tree, "dev") if line.source in sources]
    with ExitStack() as stack:
        pair = [contender(place, stack) for place in (args.model, args.against)]
        both = [{line.key: reading for line, reading in read(lines, one.chain)} for one in pair]
        paths = [str(line.path) for line in lines if line.source != _TURNED]
        figures: Table = {"right": right(lines, both, args.tree), "told": told(lines, both[0]), "rates": speed(pair, paths, args.rounds)}
    print("\n".join(told_as_text([one.name for one in pair], figures)))
    if args.json:
        args.json.write_text(json.dumps({"models": [one.name for one in pair]} | figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
