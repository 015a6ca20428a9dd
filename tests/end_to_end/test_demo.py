"""`make run` as somebody without a terminal meets it."""

import subprocess
import sys

from tests.end_to_end.box import ROOT, SAMPLES


def test_the_demo_shows_every_sample_and_ends_by_itself() -> None:
    """It starts a broker and the daemon, shows each reading as it arrives, and leaves nothing running."""
    samples = [path.name for path in (*SAMPLES.iterdir(), *(SAMPLES / "photos").iterdir()) if path.suffix in {".png", ".jpg"}]
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo.py")],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(samples)} of {len(samples)} samples were read" in done.stdout
    assert all(f" {name} " in done.stdout for name in samples)
    assert "产品合格证 / LOT A17-042 / EXP 2027-03-15 / 额定电压220V" in done.stdout
    drawn = ROOT / "run" / "annotated" / "label.annotated.jpg"
    assert f"drawn into the photograph: {drawn}\n" in done.stdout
    assert drawn.stat().st_size > 10_000
    assert done.stdout.rstrip().endswith("offline")
