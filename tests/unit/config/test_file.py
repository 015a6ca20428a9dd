"""Good configurations: what was typed, what it means, and the name of it."""

import json
import re
from pathlib import Path

import pytest
import yaml

from edged.config import Config
from edged.config import schema as config_schema
from edged.config.document import KeyPath, parse
from edged.config.file import digest_of, load_config
from edged.config.schema import Schema

ROOT = Path(__file__).parents[3]
SHOWN = ROOT / "config" / "edged.yaml"
MINIMAL = "version: 1\ndevice: line3\nsources:\n  inbox: {path: /srv/edged/inbox}\n"


def _load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "edged.yaml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ={}).config


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12:30", "12:30"), ("007", "007"), ("NO", "NO"), ("1_000", "1_000"), ("2026-11-22", "2026-11-22"), ("0x1f", "0x1f"),
        ("'5'", "5"), ("on", "on"), ("1e999", "1e999"), ("=", "="), ("null", None), ("~", None), ("", None), ("True", True),
        ("false", False), ("-12", -12), ("0", 0), ("1.50", 1.5), ("1e3", 1000.0), (".5", 0.5), ("9" * 19, "9" * 19),
    ],
)  # fmt: skip
def test_scalars_stay_what_was_typed(typed: str, meant: object) -> None:
    """Only true, false, null and decimal numbers are more than text."""
    found = parse(f"key: {typed}\n").data["key"]
    assert (found, type(found)) == (meant, type(meant))


def test_anchors_may_be_used() -> None:
    """A bounded use of anchors and aliases is fine, and keys keep the line where they stand."""
    document = parse("a: &shared\n  x: 1\nb: *shared\n")
    assert document.data == {"a": {"x": 1}, "b": {"x": 1}}
    assert [document.place(path).line for path in [("a",), ("b",), ("b", "x"), ("b", "missing"), ()]] == [1, 3, 2, 3, 1]


def test_only_three_keys_are_needed(tmp_path: Path) -> None:
    """A version, a device and one source with its path are a whole configuration."""
    config = _load(tmp_path, MINIMAL)
    assert (config.base, config.client_id, config.mqtt.port, config.sources["inbox"].after) == ("edged/line3", "edged-line3", 1883, "move")


def test_numbers_and_texts_are_taken_as_meant(tmp_path: Path) -> None:
    """A whole number is good where a fraction may stand, and a bare number where a text is expected."""
    config = _load(
        tmp_path, "version: 1\ndevice: 7\nsources: {8: {path: a, settle_seconds: 3}}\nmqtt: {protocol: 5, username: 9, host: '::1'}\n"
    )
    assert (config.device, config.mqtt.protocol, config.mqtt.username, config.mqtt.host) == ("7", "5", "9", "::1")
    assert config.sources["8"].settle_seconds == 3.0


def test_relative_paths_begin_at_the_file(tmp_path: Path) -> None:
    """Every path of the file comes out absolute; defaults are absolute already."""
    (tmp_path / "etc").mkdir()
    text = "version: 1\ndevice: a\nstate_dir: ../state\nsources: {in: {path: drop, work: ./w}}\nmqtt: {tls: {ca_file: ca.pem}}\n"
    config = _load(tmp_path / "etc", text)
    assert config.state_dir == tmp_path / "state"
    assert (config.sources["in"].path, config.sources["in"].work) == (tmp_path / "etc/drop", tmp_path / "etc/w")
    assert config.mqtt.tls is not None
    assert config.mqtt.tls.ca_file == tmp_path / "etc/ca.pem"
    assert config.models_dir.is_absolute()


def test_done_and_failed_may_be_one_folder(tmp_path: Path) -> None:
    """Names in done and failed begin with the id, so sources may share them."""
    _load(
        tmp_path, "version: 1\ndevice: a\nsources:\n  a: {path: in/a, done: out, failed: out}\n  b: {path: in/b, done: out, failed: out}\n"
    )


def test_a_credential_is_looked_for_only_under_systemd(tmp_path: Path) -> None:
    """`edged check` in a shell cannot know what systemd will hand over, and does not pretend to."""
    _load(tmp_path, MINIMAL + "mqtt: {username: a, password_credential: mqtt.password}\n")


def test_the_digest_names_what_is_in_effect(tmp_path: Path) -> None:
    """Comments, order and spelled-out defaults do not change the digest; a value does."""
    plain = digest_of(_load(tmp_path, MINIMAL))
    same = "# a comment\nsources:\n  inbox: {settle_seconds: 2, path: /srv/edged/x/../inbox}\ndevice: line3\nversion: 1\n"
    assert digest_of(_load(tmp_path, same)) == plain
    both = ["  a: {path: /in/a}\n", "  b: {path: /in/b}\n"]
    one, other = (digest_of(_load(tmp_path, "version: 1\ndevice: line3\nsources:\n" + "".join(order))) for order in (both, both[::-1]))
    assert one == other
    assert re.fullmatch("[0-9a-f]{64}", plain)
    assert digest_of(_load(tmp_path, MINIMAL.replace("line3", "line4"))) != plain


def test_the_shown_configuration_is_the_default(tmp_path: Path) -> None:
    """config/edged.yaml loads, and every value in it is the default."""
    assert load_config(SHOWN, environ={}).digest == digest_of(_load(tmp_path, MINIMAL))


def test_the_shown_configuration_has_every_key() -> None:
    """Each key stands in config/edged.yaml with its description; those that are off by default behind a #."""
    lines = dict(_shown_lines())
    known = dict(_known_keys((), config_schema.schema(), "folder"))
    camera = dict(_known_keys(("sources", "gate"), config_schema.at(("sources", "gate"), "camera") or {}, "camera"))
    alike = {("sources", "gate", *path[2:]) for path in known if path[:2] == ("sources", "inbox")} - {("sources", "gate", "kind")}
    known |= {path: True for path in camera if path not in alike}
    assert set(known) == set(lines) - {("sources", "inbox"), ("sources", "gate"), ("sources", "inbox", "fields", "lot")}
    for path, optional in known.items():
        section = next((path[:end] for end in range(1, len(path)) if known.get(path[:end])), None)
        assert lines[path].lstrip().startswith("#") == (optional or section is not None), path
        described = config_schema.at(path, "camera" if "gate" in path else "folder")
        assert described is not None
        assert lines[path].endswith(f"  # {described['description']}"), path


def test_what_is_off_by_default_can_be_switched_on(tmp_path: Path) -> None:
    """Each key behind a # holds an example that is accepted once the # is taken away."""
    text = re.sub(r"^( *)#(?=[a-z][a-z0-9_]*:)", r"\1", SHOWN.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / "texts.txt").write_text("A17\nB20\n", encoding="utf-8")
    (tmp_path / "master.png").write_bytes(b"a picture")
    one_of = "".join(line for line in text.splitlines(keepends=True) if "password_credential:" not in line and "  quad:" not in line)
    sections = ("rules", "fields", "align", "v4l2", "file")
    rules, fields, align, device, play = (re.search(rf"^    {key}:.*\n(      .*\n)+", one_of, flags=re.MULTILINE) for key in sections)
    assert device is not None
    assert play is not None
    of_network = re.compile(r"^    (username|password_file|transport):.*\n", flags=re.MULTILINE)
    for address, kept in (("v4l2:///dev/video0", device[0]), ("file:///srv/film.mp4", play[0])):
        elsewhere = of_network.sub("", one_of.replace(device[0] + play[0], kept)).replace("rtsp://192.168.0.20/stream1", address)
        camera = re.search(r"^  gate:.*\n(    .*\n)+", elsewhere, flags=re.MULTILINE)
        assert camera is not None
        assert _load(tmp_path, "version: 1\ndevice: a\nsources:\n" + camera[0]).cameras["gate"].url == address
    one_of = one_of.replace(device[0] + play[0], "")
    assert rules is not None
    assert fields is not None
    assert align is not None
    places = one_of.replace(rules[0], "").replace("layout: whole", "layout: regions")
    plain = one_of.replace(fields[0], "").replace(align[0], "")
    for either in (places, plain):  # where each line is a field nothing is left for the rules of others
        config = _load(tmp_path, either)
        assert config.mqtt.tls is not None
        assert config.base == "plant/line3"
    assert config.sources["inbox"].rules.pattern == r"[A-Z]\d{2}"


def test_the_shown_schema_is_the_generated_one() -> None:
    """config/edged.schema.json is the output of `python -m edged.config.schema`, and accepts the shown configuration."""
    import jsonschema

    shown = (ROOT / "config" / "edged.schema.json").read_text(encoding="utf-8")
    assert shown == config_schema.text(), "run: python -m edged.config.schema > config/edged.schema.json"
    jsonschema.validate(yaml.safe_load(SHOWN.read_text(encoding="utf-8")), json.loads(shown))


def test_a_dictionary_in_a_file_is_part_of_the_configuration(tmp_path: Path) -> None:
    """Its texts are read with the configuration, and the digest names them, for another list reads otherwise."""
    (tmp_path / "lots.txt").write_bytes("\ufeffA17\r\n\n  批号 B20 \n".encode())
    file = tmp_path / "edged.yaml"
    file.write_text("version: 1\ndevice: a\nsources: {in: {path: in, fields: {lot: {dictionary_file: lots.txt}}}}\n", encoding="utf-8")
    first = load_config(file, environ={})
    assert first.dictionaries == {tmp_path / "lots.txt": ("A17", "批号 B20")}
    assert first.digest == load_config(file, environ={}).digest
    (tmp_path / "lots.txt").write_text("A18\n", encoding="utf-8")
    assert load_config(file, environ={}).digest != first.digest


def _shown_lines() -> list[tuple[KeyPath, str]]:
    """Every key's line of the shown configuration with its path, told by the indentation."""
    found, above = [], []
    for line in SHOWN.read_text(encoding="utf-8").splitlines():
        match = re.match(r"( *)#?([a-z][a-z0-9_]*):", line)
        if match is None or line.startswith("# "):
            continue
        above = [*above[: len(match[1]) // 2], match[2]]
        found.append((tuple(above), line))
    return found


def _known_keys(path: KeyPath, section: Schema, kind: str) -> list[tuple[KeyPath, bool]]:
    """Every key of the schema, and whether nothing is its default; a name stands for all that the operator may give."""
    found = []
    for name in config_schema.keys(section):
        here = (*path, name)
        child = config_schema.at(here, kind)
        assert child is not None
        found.append((here, child.get("default", "") in (None, {})))
        below = (*here, {"sources": "inbox", "fields": "lot", "controls": "gain"}[name]) if "patternProperties" in child else here
        inner = config_schema.at(below, kind)
        assert inner is not None
        found += _known_keys(below, inner, kind)
    return found
