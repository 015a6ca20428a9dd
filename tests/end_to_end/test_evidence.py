"""Pictures of what was not read surely: on disk, and on the broker."""

import json
import re
from pathlib import Path

import cv2
import numpy as np

from edged.annotate import IMAGE_BYTES
from edged.control.client import ask
from tests.doubles.wait import until
from tests.end_to_end.box import SAMPLES, Subscriber, running

ALL = {
    "evidence": {"keep": "unsure", "image": "unsure", "image_retained": True},
    "unsure_below": 1.0,
    "settle_seconds": 0.5,
    "stalled_seconds": 1,
}


def pictures(box: Path, source: str = "inbox") -> list[Path]:
    return sorted((box / "state" / "evidence" / source).rglob("*.jpg"))


def images(subscriber: Subscriber) -> list[bytes]:
    return [payload["image"] for _, topic, payload in list(subscriber.messages) if topic == "edged/box/image/inbox" and "image" in payload]


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_what_is_unsure_or_failed_leaves_a_picture(tmp_path: Path) -> None:
    """By its id, beside a small one on the broker, which stays there until nobody wants pictures any more."""
    with running(tmp_path, inbox=ALL) as (box, subscriber):
        box.drop(min(SAMPLES.glob("*.png")))
        (unsure,) = subscriber.wait(lambda found: len(found) >= 1)
        assert unsure["outcome"] == "unsure"
        until(lambda: images(subscriber))  # one that waits gives way to a newer one
        (box.inbox / "broken.png").write_bytes(min(SAMPLES.glob("*.png")).read_bytes()[:-20])
        failed = subscriber.wait(lambda found: len(found) >= 2)[1]
        assert failed["outcome"] == "failed"
        until(lambda: len(pictures(tmp_path)) == 2)
        assert [path.stem for path in pictures(tmp_path)] == [unsure["id"], failed["id"]]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", path.parent.name) for path in pictures(tmp_path))
        until(lambda: len(images(subscriber)) == 2)
        for data in images(subscriber):
            assert len(data) <= IMAGE_BYTES
            assert max(decoded(data).shape[:2]) <= 640
        until(lambda: ask(box.counted[0], "status")["evidence"]["inbox"]["kept"] == 2)  # counted once it is durable
        status = json.loads(box.edged("status", "--json").stdout)
        told = status["evidence"]["inbox"]
        assert (told["kept"], told["dropped"], told["bytes"]) == (2, 0, sum(path.stat().st_size for path in pictures(tmp_path)))
        assert status["broker"]["pictures"] == 2
        until(lambda: 'edged_evidence_kept_total{source="inbox"} 2.0' in box.metrics())
        late = box.subscribe()
        until(lambda: images(late))  # it is retained

        box.configure(inbox=ALL | {"evidence": {"keep": "failed"}})
        assert box.edged("reload", "--wait").returncode == 0
        until(lambda: images(subscriber)[-1] == b"")  # and goes with the wish for it
        box.drop(min(SAMPLES.glob("*.png")), "again.png")
        subscriber.wait(lambda found: len(found) >= 3)
        assert box.stop() == 0  # which draws what still waits
        assert len(pictures(tmp_path)) == 2
        box.configure(inbox={"evidence": {"max_bytes": 1}})
        box.start()
        until(lambda: not pictures(tmp_path))  # what was kept goes in its time, wanted or not
