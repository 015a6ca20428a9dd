"""The daemon without OpenVINO and without a broker: the real supervisor over the real workers, as a program.

python -m tests.doubles.service ROOT      says `ready`, then lives until a signal or a fault ends it
"""

import os
import sys
import time
from pathlib import Path

from edged.control.supervise import Supervisor, SupervisorTimes, signals
from edged.errors import EdgedError
from edged.flow.outbox import database
from edged.flow.pipeline import FeedWorker, Lease
from edged.lib.sdnotify import Notifier
from tests.doubles import line
from tests.unit.flow.test_reader import reader

_LONG_LOG = 40  # pages: so that a test need not write megabytes until the log is folded


class _Health:
    """Says on standard output whether intake stopped, each time it changes."""

    name = "health"

    def __init__(self, life: line.Line) -> None:
        self._life, self._said = life, ""

    def run(self, stop: "line.threading.Event", beat: object) -> None:
        while not stop.wait(0.05):
            assert callable(beat)
            beat()
            now = self._life.sink.full
            if bool(now) != bool(self._said):
                os.write(1, f"{now or 'goes on'}\n".encode())
            self._said = now


def main(root: Path, reserve_bytes: int) -> int:
    database._LOG_BYTES = _LONG_LOG * database.PAGE_BYTES
    life = line.Line(root, reserve_bytes=reserve_bytes, real_time=True)
    feed = FeedWorker(life.source, life.ledger, lambda: Lease(reader(decode=line.decode), lambda: None))
    workers = [life.relay, life.sink, feed, _Health(life)]
    supervisor = Supervisor(workers, notifier=Notifier(None), delay=lambda _: 0.1, times=SupervisorTimes(tick=0.2))
    os.write(1, b"ready\n")
    with signals(supervisor):
        verdict = supervisor.run()
    if verdict.left:
        os._exit(verdict.exit_code or 1)
    life.source.close()
    life.outbox.close()
    return verdict.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
    except EdgedError as error:
        os.write(2, f"{time.time()} {error}; {error.hint}\n".encode())
        sys.exit(error.exit_code)
