"""The main file and what is laid over it."""

import os
from pathlib import Path

import pytest

from edged.config.file import LoadedConfig, digest_of, load_config
from edged.config.layers import MAX_LAYERS
from edged.errors import ConfigError, ExitCode

DEVICE = "a name of letters, digits, - and _, at most 64 long (part of every topic; unique on the broker)"
MAIN = """version: 1
device: line3
state_dir: state
mqtt: {host: broker, port: 8883, tls: {ca_file: ca.pem}}
sources:
  inbox:
    path: inbox
    settle_seconds: 5
    ignore: ["*.a", "*.b"]
  gate: {path: gate, done: out}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A main file; its layers lie in state/edged.d beside it."""
    (tmp_path / "state" / "edged.d").mkdir(parents=True)
    (tmp_path / "edged.yaml").write_text(MAIN)
    return tmp_path / "edged.yaml"


def _lay(file: Path, **layers: str) -> LoadedConfig:
    for name, text in layers.items():
        (file.parent / "state/edged.d" / f"{name}.yaml").write_text(text)
    return load_config(file, environ={})


def _refused(file: Path, **layers: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        _lay(file, **layers)
    assert refused.value.exit_code is ExitCode.CONFIG
    assert "edged.d)" in refused.value.hint
    return [line.replace(str(file.parent), "<here>") for line in refused.value.findings]


def test_mappings_merge_and_values_replace(file: Path) -> None:
    """A layer changes the keys that it names, and nothing beside them; a list is one value."""
    config = _lay(file, tune="mqtt: {port: 1884}\nsources: {inbox: {ignore: ['*.c'], limits: {max_side: 64}}}\n").config
    inbox = config.sources["inbox"]
    assert (config.mqtt.port, config.mqtt.host, config.mqtt.tls is not None) == (1884, "broker", True)
    assert (inbox.ignore, inbox.settle_seconds, inbox.limits.max_side) == (("*.c",), 5.0, 64)
    assert list(config.sources) == ["inbox", "gate"]


def test_later_names_win(file: Path) -> None:
    """Layers are laid in the order of their names."""
    loaded = _lay(file, a10="log: {level: debug}\n", a9="log: {level: error}\n", b="device: line4\n")
    assert (loaded.config.log.level, loaded.config.device) == ("error", "line4")
    assert [layer.name for layer in loaded.layers] == ["a10.yaml", "a9.yaml", "b.yaml"]


def test_null_takes_the_default_back(file: Path) -> None:
    """In a layer null is a reset: of a key, of a section, of a whole source."""
    config = _lay(
        file, a="mqtt: {port: null, tls: null}\nsources: {inbox: {settle_seconds: null, limits: {max_side: null}}, gate: }\n"
    ).config
    assert (config.mqtt.port, config.mqtt.tls, config.mqtt.host) == (1883, None, "broker")
    assert config.sources["inbox"].settle_seconds == 2.0
    assert list(config.sources) == ["inbox"]


def test_a_relative_path_is_relative_to_the_file_that_says_it(file: Path) -> None:
    """Each file's own paths begin at that file."""
    config = _lay(file, a="sources: {gate: {failed: bad}, yard: {path: ../yard}}\n").config
    gate, here = config.sources["gate"], file.parent
    assert (gate.path, gate.done, gate.failed) == (here / "gate", here / "out", here / "state/edged.d/bad")
    assert config.sources["yard"].path == here / "state/yard"


def test_the_digest_is_of_what_is_in_effect(file: Path) -> None:
    """A layer that says what was so already changes nothing; one that changes a value changes the name."""
    before = load_config(file, environ={}).digest
    assert _lay(file, a="# nothing\n", b="mqtt: {port: 8883}\nlog: {level: info}\n").digest == before
    after = _lay(file, c="log: {level: debug}\n")
    assert after.digest == digest_of(after.config) != before


def test_every_file_that_matters_is_named(file: Path) -> None:
    """Main file, folder of layers and each layer: a change of any of them means a reload."""
    folder = file.parent / "state/edged.d"
    (folder / ".x.tmp").touch()
    (folder / ".hidden.yaml").write_text("{")
    (folder / "notes.txt").write_text("{")
    assert _lay(file, a="# nothing\n").files == (file, folder, folder / "a.yaml")


def test_each_key_knows_who_said_it(file: Path) -> None:
    """The origin is the file and the line of the value in effect; what a reset took away has none below it."""
    loaded = _lay(file, a="mqtt:\n  port: 1884\n  tls:\n", b="sources:\n  inbox: {ignore: []}\n")
    assert loaded.origins[("mqtt", "host")] == "edged.yaml:4"
    assert loaded.origins[("mqtt", "port")] == "a.yaml:2"
    assert loaded.origins[("sources", "inbox", "ignore")] == "b.yaml:2"
    assert loaded.origins[("sources", "inbox", "settle_seconds")] == "edged.yaml:8"
    assert ("mqtt", "tls", "ca_file") not in loaded.origins
    assert ("sources", "inbox", "ignore", 0) not in loaded.origins


def test_all_files_are_told_at_once(file: Path) -> None:
    """Each error names the file and the line that said it; a layer that cannot be understood hides nothing."""
    file.write_text(MAIN.replace("host: broker", "host: broker, prot: 1"))
    (file.parent / "state/edged.d/60-folder.yaml").mkdir()
    told = {
        "10-tune": "sources:\n  inbox:\n    settle_seconds: soon\n    unsure_belw: 1\n",
        "20-broken": "a: [b\n",
        "30-twice": "log: {level: info}\nlog: {level: debug}\n",
        "40-list": "- a\n",
        "50-null": "sorces: null\nversion: 2\ndevice:\nstate_dir: 5\n",
        "70-text": "recognise: off\n",
    }
    assert _refused(file, **told) == [
        "edged.yaml:4: mqtt.prot: unknown key; did you mean protocol?",
        '10-tune.yaml:3: sources.inbox.settle_seconds: found "soon", expected a number from 0.1 to 3600',
        "10-tune.yaml:4: sources.inbox.unsure_belw: unknown key; did you mean unsure_below?",
        "20-broken.yaml:1: a bracket that is never closed, or a comma that is missing",
        "30-twice.yaml:2: log: stands twice, first on line 1; keep one of the two",
        "40-list.yaml:1: found a list, expected keys such as `device: line3`",
        "50-null.yaml:1: sorces: unknown key; did you mean sources?",
        "50-null.yaml:2: version: found 2, expected 1",
        f"50-null.yaml:3: device: missing, expected {DEVICE}",
        "50-null.yaml:4: state_dir: says where the layers are, so no layer can say it; it belongs in <here>/edged.yaml",
        "60-folder.yaml:1: not a regular file, expected a YAML file",
        '70-text.yaml:1: recognise: found "off", expected a section with keys',
    ]


def test_rules_across_keys_look_at_the_whole(file: Path) -> None:
    """Two keys of two files that contradict each other are told where the later one stands."""
    assert _refused(file, a="sources:\n  yard:\n    path: ../../inbox\n") == [
        "a.yaml:3: sources.yard.path: is also the drop folder of sources.inbox; give each source its own"
    ]
    assert _refused(file, a="mqtt:\n  password: hunter2\n")[0].startswith("a.yaml:2: mqtt.password: a secret does not stand in this file")


def test_a_layer_for_a_source_that_went_names_itself(file: Path) -> None:
    """What is left of a removed source is told where it stands."""
    assert _refused(file, a="sources:\n  old: {settle_seconds: 3}\n") == [
        "a.yaml:2: sources.old.path: missing, expected a path (the drop folder; must exist)"
    ]


def test_layers_that_may_not_be_read_are_errors(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an unreadable layer nor an unreadable folder is passed over in silence."""
    _lay(file, a="log: {level: debug}\n")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *a, **k: denied() if path.name == "a.yaml" else opened(path, *a, **k))
    assert _refused(file) == ["a.yaml:1: cannot be read: Permission denied; use sudo, or be the user of edged"]
    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(ConfigError) as refused:
        load_config(file, environ={})
    assert "edged.d cannot be read: Permission denied" in refused.value.findings[0]


def test_there_are_never_too_many(file: Path) -> None:
    """A folder that something fills without end is refused unread."""
    with pytest.raises(ConfigError) as refused:
        _lay(file, **{f"l{i}": "{" for i in range(MAX_LAYERS + 1)})
    assert len(refused.value.findings) == 1
    assert "expected 64 at most" in refused.value.findings[0]
