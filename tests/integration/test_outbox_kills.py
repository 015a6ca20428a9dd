"""SIGKILL while readings are committed: everything that was answered stands, and no seq is missing."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.message_store_contract import NOW
from tests.doubles.readings import make_outbox

_KILLS = 20

_CHILD = """
import os, random, sys
from pathlib import Path
from tests.doubles.readings import frame_id, make_outbox, reading
outbox = make_outbox(Path(sys.argv[1]))
outbox.open()
rng = random.Random(int(sys.argv[2]))
while True:
    start = outbox.stats().readings
    committed = outbox.add([reading(start + n) for n in range(1, rng.randint(1, 12) + 1)])
    os.write(1, b"%d\\n" % committed[-1].seq)
    outbox.accept([row.seq for row in committed if rng.random() < 0.5])
    outbox.filed([row.id for row in committed])
"""


@pytest.mark.parametrize("seed", [20261122])
def test_no_kill_loses_or_skips_a_row(tmp_path: Path, seed: int) -> None:
    """Over many kills: what the process was told is committed is there, gap-free, in one epoch."""
    rng = random.Random(seed)
    answered, epochs = 0, set()
    for kill in range(_KILLS):
        child = subprocess.Popen([sys.executable, "-c", _CHILD, str(tmp_path), str(seed + kill)], stdout=subprocess.PIPE)
        assert child.stdout
        for _ in range(rng.randint(1, 60)):
            answered = int(child.stdout.readline())
        child.kill()
        lines = child.stdout.read().split(b"\n")
        child.stdout.close()
        child.wait()
        answered = max([answered, *(int(line) for line in lines[:-1] if line)])
        outbox = make_outbox(tmp_path)
        outbox.open()
        stats = outbox.stats()
        epochs.add(stats.epoch)
        with outbox._database.reading() as db:
            seqs = [seq for (seq,) in db.execute("SELECT seq FROM reading ORDER BY seq")]
            payloads = db.execute("SELECT count(*) FROM payload").fetchone()[0]
        assert seqs == list(range(1, stats.readings + 1)), f"seed {seed}, kill {kill}"
        assert payloads == stats.readings >= answered
        assert stats.readings == stats.pending + stats.sent
        assert len(outbox.due(100_000, NOW)) == stats.pending
        if kill % 2:
            outbox.close()
        else:
            outbox._database._db.close()
    assert len(epochs) == 1
    assert answered > _KILLS
