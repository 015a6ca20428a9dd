"""All peers in turns: each waits in its own process until it is told to read all crops once more."""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One peer to be measured."""

    name: str
    kind: str  # the module of this package that opens it
    python: str  # of its environment
    ours: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What it did. With a problem, nothing else is told."""

    name: str
    ours: bool
    version: str = ""
    settings: str = ""
    seconds: tuple[float, ...] = ()  # of each round
    cpu: tuple[float, ...] = ()  # seconds of all its processors, likewise
    memory_mib: float = 0.0
    texts: tuple[str, ...] = ()  # in the order of the crops
    problem: str = ""


class _Worker:
    """The process of one peer, and what it told so far."""

    def __init__(self, asked: Asked, job: dict[str, Any]) -> None:
        command = [asked.python, "-m", "scripts.peers.worker", asked.kind]
        self.asked = asked
        self.rounds: list[dict[str, Any]] = []
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf8")
        self.told: dict[str, Any] = self.order(json.dumps(job | {"options": asked.options}))

    @property
    def works(self) -> bool:
        return "problem" not in self.told

    def order(self, line: str) -> dict[str, Any]:
        """Say a line, and wait for the answer."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        except BrokenPipeError:
            answer = {}
        return answer or {"problem": f"its process ended with {self._process.wait()}; see what it said above"}

    def round(self) -> None:
        answer = self.order("round")
        self.rounds.append(answer)
        self.told |= {"problem": answer["problem"]} if "problem" in answer else {}

    def result(self) -> Measured:
        told = self.told | (self.order("end") if self.works else {})
        if "problem" in told:
            return Measured(name=self.asked.name, ours=self.asked.ours, problem=told["problem"])
        return Measured(
            name=self.asked.name,
            ours=self.asked.ours,
            version=told["version"],
            settings=told["settings"],
            seconds=tuple(one["seconds"] for one in self.rounds),
            cpu=tuple(one["cpu"] for one in self.rounds),
            memory_mib=told["memory_mib"],
            texts=tuple(told["texts"]),
        )

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def measure(peers: Iterable[Asked], paths: Sequence[Path], threads: int, rounds: int) -> list[Measured]:
    """Open all, let them read all crops *rounds* times in turns, and close them."""
    job = {"paths": [str(path.resolve()) for path in paths], "threads": threads}
    with ExitStack() as stack:
        workers = []
        for asked in peers:
            _say(f"opening {asked.name}")
            workers.append(_Worker(asked, job))
            stack.callback(workers[-1].close)
        for number in range(rounds):
            for worker in workers:
                if worker.works:
                    _say(f"round {number + 1} of {rounds}: {worker.asked.name}")
                    worker.round()
        return [worker.result() for worker in workers]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
