"""The laws of conservation, asked of a running daemon: of its socket and of its metrics file.

Three hold in every answer, whenever it is asked. Those between parts that count for themselves (ledger, folders,
the files in work) hold once nothing is on its way between them, so they are waited for.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from edged.control.client import ask
from edged.errors import EdgedError
from tests.doubles.wait import until

Status = Mapping[str, Any]
SAMPLE_SECONDS = 0.1
STATES = ("pending", "sent", "confirmed", "dead", "pruned")


def broken(status: Status) -> list[str]:
    """The laws that this answer breaks."""
    outbox, found = status["outbox"], []
    if status["accepted"] != status["readings"] + status["in_work"]:
        found.append(f"accepted {status['accepted']} != readings {status['readings']} + in work {status['in_work']}")
    if outbox["readings"] != sum(outbox[state] for state in STATES):
        found.append(f"readings {outbox['readings']} != {' + '.join(f'{outbox[state]} {state}' for state in STATES)}")
    for name, source in status["sources"].items():
        if source["accepted"] + source["recovered"] != source["filed"] + source["in_work"]:
            found.append(f"{name}: accepted and recovered are not filed and in work: {source}")
    counts = [value for part in (status, outbox, *status["sources"].values()) for value in part.values() if type(value) is int]
    if min(counts) < 0:
        found.append(f"a count is below 0: {status}")
    return found


def broken_between(status: Status, files_in_work: int) -> list[str]:
    """The laws between parts that this answer breaks; no proof while anything moves."""
    sources = status["sources"].values()
    claimed = sum(source["accepted"] + source["recovered"] for source in sources)
    held = sum(source["in_work"] for source in sources)
    pairs = {
        "the ledger and the folders count other inputs": (status["accepted"], claimed),
        "in work for the folders, in work and unfiled for the sink": (held, status["in_work"] + status["unfiled"]),
        "in work for the folders, and files that lie in work": (held, files_in_work),
    }
    return [f"{law}: {one} and {other}" for law, (one, other) in pairs.items() if one != other]


def of_metrics(text: str) -> Status:
    """What a metrics file says, in the words of the status."""
    told: dict[str, dict[str, int]] = defaultdict(dict)
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, labels = line.rpartition(" ")[0].partition("{")
            told[name.removeprefix("edged_").removesuffix("_total")][labels.rstrip("}")] = int(float(line.rpartition(" ")[2]))
    names = [label.removeprefix('source="').removesuffix('"') for label in told["source_filed"]]
    kinds = ("accepted", "recovered", "filed", "in_work")
    return {
        "accepted": told["accepted"][""],
        "readings": sum(told["readings"].values()),
        "in_work": told["in_work"][""],
        "outbox": {"readings": told["outbox_readings"][""]} | {state: told["outbox_rows"][f'state="{state}"'] for state in STATES},
        "sources": {name: {kind: told[f"source_{kind}"][f'source="{name}"'] for kind in kinds} for name in names},
    }


def check(socket: Path, metrics: Path) -> None:
    """Fail the test unless every law holds now; a daemon that does not answer (yet) says nothing."""
    try:
        assert broken(ask(socket, "status")) == []
    except EdgedError:
        return
    if metrics.exists():
        assert broken(of_metrics(metrics.read_text(encoding="utf8"))) == []


def check_settled(socket: Path, work: Path) -> None:
    """Fail the test unless the parts agree, once nothing moves any more."""
    last: list[str] = []

    def agreed() -> bool:
        status = ask(socket, "status")
        assert broken(status) == []
        last[:] = broken_between(status, sum(path.is_file() and "~" in path.name for path in work.rglob("*")))
        return not last

    until(agreed, 60, f"{last}")


class Watch:
    """Asks a daemon again and again in a thread of its own, while it is killed and started; use it with `with`."""

    def __init__(self, socket: Path, metrics: Path) -> None:
        self._socket, self._metrics = socket, metrics
        self.answers, self.broken = 0, list[str]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if kind is None:
            assert self.broken == []
            assert self.answers > 0

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            try:
                self.broken += broken(ask(self._socket, "status"))
                self.answers += 1
            except EdgedError:
                pass  # between a kill and the next start
            if self._metrics.exists():
                self.broken += broken(of_metrics(self._metrics.read_text(encoding="utf8")))
