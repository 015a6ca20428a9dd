"""The metrics file of a running daemon, and a daemon that cannot write it."""

import json
from pathlib import Path

from tests.doubles.wait import until
from tests.end_to_end import laws
from tests.end_to_end.box import SAMPLES, running

LOT = SAMPLES / "lot.png"


def test_the_file_tells_what_became_of_every_input(tmp_path: Path) -> None:
    """Readings by source and outcome, times by stage; written as a whole, and a last time at the end."""
    from prometheus_client.parser import text_string_to_metric_families as parsed

    with running(tmp_path) as (box, subscriber):
        box.drop(LOT)
        (box.inbox / "scan.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n")
        subscriber.wait(lambda readings: len(readings) >= 2)
        until(lambda: 'edged_health{state="ok"} 1.0' in box.metrics() and "edged_sent_total 2.0" in box.metrics())
        assert box.stop() == 0
        text = box.counted[1].read_text(encoding="utf8")
        samples = {(s.name, *sorted(s.labels.values())): s.value for family in parsed(text) for s in family.samples}
        assert samples["edged_readings_total", "inbox", "rejected"] == 1
        assert samples["edged_readings_total", "inbox", "ok"] + samples["edged_readings_total", "inbox", "unsure"] == 1
        assert samples["edged_stage_seconds_count", "decode"] == 1
        assert samples["edged_stage_seconds_count", "total"] == 2
        assert samples["edged_sent_total",] == 2
        assert samples["edged_outbox_rows", "sent"] == 2
        assert samples["edged_reloads_total", "failed"] == 0
        for name in ("outbox_unconfirmed", "sent_again_total", "replay_left", "signals_total", "signals_dropped_total"):
            assert samples[f"edged_{name}",] == 0
        assert samples["edged_resident_bytes",] > 2**24
        assert laws.broken(laws.of_metrics(text)) == []


def test_a_file_that_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path) -> None:
    """Health is degraded and says why; pictures are read as ever, and it is well again once the folder is there."""
    with running(tmp_path, metrics={"file": "later/edged.prom", "every_seconds": 1}) as (box, subscriber):

        def health() -> dict:
            return json.loads(box.edged("status", "--json").stdout)["health"]

        until(lambda: health()["state"] == "degraded")
        assert "metrics: " in health()["reasons"][0]
        assert "its folder must exist" in health()["reasons"][0]
        box.drop(LOT)
        subscriber.wait(lambda readings: len(readings) >= 1)
        (tmp_path / "later").mkdir()
        until(lambda: health()["state"] == "ok")
        assert (tmp_path / "later" / "edged.prom").exists()
