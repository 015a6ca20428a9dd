"""Every key of the configuration: a new value, and how it shows in the parts of the daemon after a reload.

A key that is new gets a value by its schema and is looked for where its section is used; where that is not enough,
it gets a row in `ROWS`.
"""

import logging
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
import yaml

from edged.config import QualitySection
from edged.config import schema as config_schema
from edged.config.effects import Effect, effect_of
from edged.errors import FrameRejected
from edged.flow.publish import MqttPublisher
from edged.manifest import FILE_NAME
from tests.doubles.toy_detector import make_detector
from tests.end_to_end.wardrobe import NAME, dress, put_on, wardrobe
from tests.integration.test_reload import INBOX, House, house

__all__ = ["house"]  # the fixture

KEYS = sorted(
    ".".join(path).replace(config_schema.SOURCE, "inbox") for path, _ in config_schema.leaves() if config_schema.at(path) is not None
)
TILTED = Path(__file__).parents[1] / "samples" / "tilted.png"


class Row(NamedTuple):
    """A new value, what must stand beside it, and where it shows as what."""

    value: Any
    beside: dict[str, Any] = {}  # noqa: RUF012 - never changed
    shows: Callable[[House], Any] | None = None
    expected: Any = ...  # the value itself, unless it is given


def feeding(house: House) -> Any:
    """The source after its feed came round."""
    source = house.daemon.parts.sources[0]
    source._take_change()
    return source


def reader(house: House) -> Any:
    return house.daemon.parts.succession.current.readers[INBOX]


def recogniser(house: House) -> Any:
    return house.daemon.parts.succession.current.recognisers[0]


def worker(house: House, name: str) -> Any:
    return next(worker for worker in house.daemon.workers if worker.name == name)


def live(house: House) -> Any:
    return worker(house, "sink")._live._config.mqtt


def evidence(house: House) -> Any:
    return worker(house, "evidence")._config.sources["inbox"].evidence


def desk(house: House) -> Any:
    return worker(house, "requests")._rules


def lanes(house: House) -> Any:
    """Those of the relay, after it came round."""
    relay: Any = house.daemon.parts.relay
    while relay._asked:
        relay._asked.popleft()()
    return relay._lanes


def model_of_source(house: House) -> Any:
    return reader(house).model


def budget(house: House) -> Any:
    return house.daemon.parts.outbox._budget


def refuses(house: House) -> bool:
    """Whether a picture of 100 x 40 is refused before it is decoded."""
    try:
        reader(house).steps.decode(cv2.imencode(".png", np.zeros((40, 100, 3), np.uint8))[1].tobytes())
    except FrameRejected:
        return True
    return False


def line(house: House) -> bytes:
    """What the model gets to see of a coloured, noisy line, and of a tilted one."""
    picture = np.full((60, 300, 3), (40, 90, 200), np.uint8)
    cv2.putText(picture, "LOT A17", (20, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (230, 240, 250), 3)
    noisy = cv2.add(picture, np.random.default_rng(1).integers(0, 30, picture.shape, np.uint8))
    return b"".join(reader(house).steps.layout(image).lines[0].image.tobytes() for image in (noisy, cv2.imread(str(TILTED))))


def settled(house: House) -> Any:
    return feeding(house)._parts.inbox._settle


PREPROCESS = {
    f"sources.inbox.preprocess.{step}": Row(value=True, shows=line, expected="another")
    for step in ("fade", "grey", "contrast", "denoise", "binarise", "deskew", "invert")
}


def rules(house: House) -> Any:
    """Those of the field, where there is one."""
    return reader(house).steps.correct.__self__.of("inbox")


def regions(house: House) -> Any:
    return reader(house).steps.layout


def master(house: House) -> Any:
    return regions(house).reference


def limit(house: House, name: str) -> Any:
    """Of the gate's measures, that one's."""
    return regions(house).gate._limits[name][0]


def seeker(house: House) -> Any:
    return house.daemon.parts.succession.current.detectors[0].model


def entries(house: House) -> Any:
    return getattr(rules(house)._dictionary, "_entries", None)


RULES = {
    f"sources.inbox.{place}.{key}": row
    for place in ("rules", "fields.inbox")
    for key, row in {
        "pattern": Row("[A-Z]+", shows=lambda house: getattr(rules(house)._pattern, "text", None)),
        "confusions": Row("none", shows=lambda house: rules(house)._alike.allow("O", "0"), expected=False),
        "drop_spaces": Row(False, shows=lambda house: rules(house)._drop_spaces),
        "dictionary": Row(["AB"], shows=entries, expected=("AB",)),
        "dictionary_file": Row("words.txt", shows=entries, expected=("AB", "CD")),
        "max_distance": Row(3, {f"sources.inbox.{place}.dictionary": ["AB"]}, shows=lambda house: rules(house)._dictionary._max),
    }.items()
}
FIELDED = "sources.inbox.fields.inbox"
PLACED = {"sources.inbox.layout": "regions", f"{FIELDED}.box": [1, 2, 30, 40]}
CORNERED = {"sources.inbox.layout": "regions", f"{FIELDED}.quad": [[0, 0], [50, 0], [50, 5], [0, 5]]}
ALIGNED = PLACED | {"sources.inbox.align.reference": "before.png", "sources.inbox.align.patches": [[0, 0, 40, 40]]}
REGIONS: dict[str, "Row | None"] = {
    "sources.inbox.fields.inbox.box": Row([5, 6, 70, 80], PLACED, lambda house: regions(house).fields["inbox"].box, (5, 6, 70, 80)),
    "sources.inbox.fields.inbox.quad": Row(
        [[0, 0], [9, 0], [9, 5], [0, 5]], CORNERED, lambda house: regions(house).fields["inbox"].quad[2], (9, 5)
    ),
    "sources.inbox.align.reference": Row("after.png", ALIGNED, lambda house: master(house).name),
    "sources.inbox.align.patches": Row([[10, 10, 30, 30]], ALIGNED, lambda house: master(house).patches[0].image.shape, (30, 30)),
    "sources.inbox.align.search": Row(7, ALIGNED, lambda house: master(house).search),
    "sources.inbox.align.min_score": Row(0.25, ALIGNED, lambda house: master(house).min_score),
    "sources.inbox.quality.mode": Row("reject", PLACED, lambda house: regions(house).gate.mode),
    **{
        f"sources.inbox.quality.{key}": Row(11, PLACED, lambda house, key=key: limit(house, key.partition("_")[2]))
        for key in QualitySection.model_fields
        if key != "mode"
    },
}
FIELD = {"sources.inbox.fields.lot.pattern": "[A-Z]+"}
DETECT = {"sources.inbox.layout": "detect"}
CONFIRMED = {"mqtt.app_ack": True}
PAIR = {"mqtt.tls.cert_file": "before.pem", "mqtt.tls.key_file": "before.key"}
ROWS: dict[str, "Row | None"] = {
    "models_dir": Row("other", shows=lambda house: reader(house).model.digest, expected="another"),
    "model.name": Row("twin", shows=lambda house: reader(house).model.name),
    "model.precision": Row("int8", shows=lambda house: reader(house).model.precision),
    "detector.name": Row("seeker-2", DETECT, shows=lambda house: seeker(house).ref.name),
    "detector.precision": Row("fp16", DETECT, shows=lambda house: seeker(house).ref.precision),
    "sources.inbox.layout": Row("detect", shows=lambda house: reader(house).empty, expected="unsure"),
    "sources.inbox.empty": Row("ok", DETECT, shows=lambda house: reader(house).empty),
    "recognise.threads": Row(2, shows=lambda house: recogniser(house).threads),
    "recognise.requests": Row(2, shows=lambda house: recogniser(house).requests),
    "outbox.max_bytes": Row(2**25, shows=lambda house: budget(house).max_bytes),
    "outbox.keep_sent_days": Row(2, shows=lambda house: house.daemon.parts.outbox._age._keep, expected=172_800),
    "log.level": Row("error", shows=lambda _: logging.getLogger("edged").level, expected=logging.ERROR),
    "sources.inbox.unsure_below": Row(0.125, shows=lambda house: reader(house).unsure_below),
    "sources.inbox.model.name": Row("twin", shows=lambda house: model_of_source(house).name),
    "sources.inbox.model.precision": Row("int8", shows=lambda house: model_of_source(house).precision),
    "sources.inbox.fields.inbox.model.name": Row("twin", shows=lambda house: model_of_source(house).name),
    "sources.inbox.fields.inbox.model.precision": Row("int8", shows=lambda house: model_of_source(house).precision),
    "sources.inbox.limits.max_pixels": Row(1024, shows=refuses, expected=True),
    "sources.inbox.limits.max_side": Row(64, shows=refuses, expected=True),
    "sources.inbox.limits.max_file_bytes": Row(2048, shows=lambda house: feeding(house)._parts.intake.whole.max_bytes),
    "sources.inbox.ignore": Row(["*.x"], shows=lambda house: feeding(house)._parts.inbox._ignored("a.x"), expected=True),
    "sources.inbox.order": Row("newest", shows=lambda house: feeding(house)._parts.inbox._section.order),
    "sources.inbox.settle_seconds": Row(3, shows=lambda house: settled(house)._settle),
    "sources.inbox.stalled_seconds": Row(90, shows=lambda house: settled(house)._stalled),
    "sources.inbox.rescan_seconds": Row(90, shows=lambda house: feeding(house)._parts.inbox._section.rescan_seconds),
    **PREPROCESS,
    **RULES,
    **REGIONS,
    "mqtt.live_seconds": Row(20, shows=lambda house: live(house).live_seconds),
    "mqtt.unread_token": Row("-", shows=lambda house: live(house).unread_token),
    "mqtt.live_retained": Row(True, FIELD, shows=lambda house: lanes(house).topics._keeps("edged/box/field/inbox/lot")),
    "mqtt.require_subscriber": Row(True, shows=lambda house: lanes(house).delivery.require_subscriber),
    "mqtt.ack_timeout_seconds": Row(90, CONFIRMED, shows=lambda house: lanes(house).redelivery._first),
    "mqtt.control": Row(True, shows=lambda house: desk(house).control),
    "mqtt.request_max_age_seconds": Row(40, shows=lambda house: desk(house).max_age_seconds),
    "sources.inbox.evidence.keep": Row("failed", shows=lambda house: reader(house).steps.snap is not None, expected=True),
    "sources.inbox.evidence.image": Row("all", shows=lambda house: evidence(house).image),
    "sources.inbox.evidence.image_retained": Row(
        True, {"sources.inbox.evidence.image": "all"}, lambda house: lanes(house).topics._keeps("edged/box/image/inbox")
    ),
    "mqtt.client_id": Row("another", shows=lambda house: successor(house)._client_id),
    "mqtt.host": Row("broker.example"),
    "mqtt.base": Row("plant/line4"),
    "mqtt.username": Row("edged"),
    "mqtt.password_file": Row("secret", {"mqtt.username": "edged"}),
    "mqtt.password_credential": Row("secret", {"mqtt.username": "edged"}),
    "mqtt.tls.ca_file": Row("ca.pem"),
    "mqtt.tls.cert_file": Row("cert.pem", PAIR),
    "mqtt.tls.key_file": Row("key.pem", PAIR),
}


def successor(house: House) -> MqttPublisher:
    """How the relay will meet the broker."""
    publisher = house.daemon.parts.relay._successors[-1][0]
    assert isinstance(publisher, MqttPublisher)
    return publisher


def at(place: Any, path: list[str]) -> Any:
    return reduce(getattr, path, place)


def row_of(key: str, base: dict[str, Any]) -> Row | None:
    """Its row, or a value by its schema; None where the key has but one value."""
    if key in ROWS:
        return ROWS[key]
    found = config_schema.at(tuple(key.split("."))) or {}
    choices = [choice for choice in found.get("enum", ()) if choice != found.get("default")]
    kind = found.get("type")
    if "const" in found or ("enum" in found and not choices):
        return None
    if choices:
        return Row(choices[0])
    if kind == "boolean":
        return Row(not found["default"])
    if kind in ("integer", "number"):
        return Row(found["default"] + (1 if found["default"] + 1 <= found.get("maximum", 1e18) else -1))
    assert kind == "string", f"{key}: say in ROWS what else it may be, and how that shows"
    return Row(f"another-{base.get(key, '')}".rstrip("-"))


def write(house: House, values: dict[str, Any]) -> None:
    content = yaml.safe_load(yaml.safe_dump(house.content))
    for key, value in values.items():
        *above, last = key.split(".")
        place = content
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    house.file.write_text(yaml.safe_dump(content), encoding="utf8")


@pytest.fixture
def wide(house: House) -> House:
    """A box with a second shelf, a second model, and models of two precisions."""
    dress(wardrobe(house.path / "other"), 1)
    wardrobe(house.path / "spare")
    (house.path / "spare" / NAME).rename(house.path / "shelf" / "twin")
    for folder in (house.path / "shelf" / NAME, house.path / "shelf" / "twin"):
        manifest = yaml.safe_load((folder / FILE_NAME).read_text(encoding="utf8"))
        manifest["name"] = folder.name
        manifest["files"]["int8"] = manifest["files"]["fp16"]
        put_on(folder, manifest)
    for name in ("db-v6-small", "seeker-2"):
        make_detector(house.path / "shelf", name)
    (house.path / "words.txt").write_text("AB\nCD\n", encoding="utf8")
    for name in ("before.png", "after.png"):
        cv2.imwrite(str(house.path / name), np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8))
    assert house.reload().ok
    return house


def test_a_change_of_each_key_takes_as_its_effect_says(wide: House) -> None:
    """Live ones are in use after the reload, reconnect ones by the next connection, restart ones keep their old value and say so."""
    untried = []
    for key in KEYS:
        row = row_of(key, {})
        if row is None:
            untried.append(key)
            continue
        write(wide, row.beside)
        assert wide.reload().ok, key
        before = row.shows(wide) if row.shows and effect_of(tuple(key.split("."))) is Effect.LIVE else None
        write(wide, row.beside | {key: row.value})
        outcome = wide.reload()
        assert outcome.ok, (key, outcome.errors)
        check(wide, key, row, outcome, before)
    assert set(untried) <= {"version", "sources.inbox.kind", "sources.inbox.after"}


def check(house: House, key: str, row: Row, outcome: Any, before: Any) -> None:
    """That the change was told under its effect, and shows where it is used."""
    path = key.split(".")
    effect = effect_of(tuple(path))
    assert effect is not None
    told = getattr(outcome, str(effect))
    assert any(key == name or key.startswith(f"{name}.") for name in told), (key, outcome)
    if effect is Effect.RESTART:
        assert f"reload: restart needed: {key}" in house.reasons()
        running = house.daemon.parts.report._loaded.config.model_dump(mode="json")
        now = reduce(lambda place, part: place[part], path, running)
        assert str(row.value) not in str(now), key
        return
    if row.shows is not None:
        shown = row.shows(house)
    elif effect is Effect.RECONNECT:
        shown = at(successor(house)._section, path[1:])
    else:
        assert path[0] == "sources", f"{key}: say in ROWS how it shows"
        shown = at(feeding(house)._section, path[2:])
    if row.expected == "another":
        assert shown != before, key
    else:
        wanted = row.value if row.expected is ... else row.expected
        assert shown in (wanted, house.path / str(wanted)), key
