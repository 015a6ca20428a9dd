"""Bad configurations: every error at once, with its line and a remedy."""

import contextlib
import os
import random
from pathlib import Path

import pytest

from edged.config.file import load_config
from edged.config.layers import MAX_BYTES
from edged.errors import ConfigError, ExitCode

TABLE = Path(__file__).parents[2] / "bad_configs" / "table.txt"
GOOD = "version: 1\ndevice: line3\nsources:\n  inbox: {path: inbox}\n"


def _table() -> list[tuple[str, str, list[str]]]:
    cases = []
    for section in TABLE.read_text(encoding="utf-8").split("\n=== ")[1:]:
        name, *lines = section.splitlines()
        yaml = "".join(f"{line}\n" for line in lines if not line.startswith("! "))
        cases.append((name, yaml.removesuffix("\n"), [line.removeprefix("! ") for line in lines if line.startswith("! ")]))
    return cases


def _findings(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        load_config(path, environ=environ or {})
    assert refused.value.exit_code is ExitCode.CONFIG
    assert refused.value.hint
    return [line.replace(str(path.parent), "<here>") for line in refused.value.findings]


@pytest.mark.parametrize(("name", "yaml", "expected"), _table(), ids=[case[0].replace(" ", "-") for case in _table()])
def test_each_bad_configuration_names_all_its_errors(name: str, yaml: str, expected: list[str], tmp_path: Path) -> None:
    """Each finding has its line, its key, what was found, what was expected and what to write instead."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt.password").touch()
    file = tmp_path / "edged.yaml"
    file.write_text(yaml, encoding="utf-8")
    assert _findings(file, {"CREDENTIALS_DIRECTORY": str(credentials)}) == [f"edged.yaml:{line}" for line in expected]


def test_the_table_is_long_enough() -> None:
    """At least forty bad configurations are known, each with a name of its own."""
    assert len({name for name, _, _ in _table()}) == len(_table()) >= 40


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (GOOD.encode("utf-16"), "1: found UTF-16, expected UTF-8; save the file as UTF-8"),
        (GOOD.encode("utf-8-sig"), "1: found a byte order mark, expected plain UTF-8; save the file as UTF-8 without BOM"),
        (GOOD.encode() + b"# Stra\xdfe\n", "5: found the byte 0xdf, expected UTF-8; save the file as UTF-8"),
        (GOOD.encode() + b"state_dir: /a\x07\n", "5: control character U+0007; remove it"),
        (GOOD.encode() + b"#" * MAX_BYTES, f"1: larger than {MAX_BYTES} bytes, expected a configuration"),
    ],
)
def test_bytes_that_are_no_text_are_named(raw: bytes, expected: str, tmp_path: Path) -> None:
    """What an editor saved wrongly is told with what to do in the editor."""
    file = tmp_path / "edged.yaml"
    file.write_bytes(raw)
    assert _findings(file) == [f"edged.yaml:{expected}"]


def test_no_bytes_bring_the_reader_down(tmp_path: Path) -> None:
    """Whatever a file holds, it is accepted or refused with findings; nothing else ever happens."""
    shown = TABLE.parent.parent.parent.joinpath("config", "edged.yaml").read_text(encoding="utf-8").splitlines()
    dice = random.Random(7)
    pieces = [
        "{",
        "[",
        "}",
        "&a ",
        "*a",
        "!",
        "|",
        "? ",
        "- ",
        '"\\ud800"',
        "\x00",
        "\t",
        ": ",
        "'",
        "%YAML 1.1",
        "<<: ",
        "~",
        "...",
        "---",
        "é",
    ]
    file = tmp_path / "edged.yaml"
    for _ in range(150):
        lines = dice.sample(shown, k=12)
        for _ in range(dice.randint(0, 4)):
            row = dice.randrange(len(lines))
            at = dice.randint(0, len(lines[row]))
            lines[row] = lines[row][:at] + dice.choice(pieces) + lines[row][at:]
        file.write_text("\n".join(lines), encoding="utf-8")
        with contextlib.suppress(ConfigError):
            load_config(file, environ={})


def test_a_fifo_is_refused_unread(tmp_path: Path) -> None:
    """Something that is no regular file is refused and never opened, for that might hang."""
    os.mkfifo(tmp_path / "edged.yaml")
    assert _findings(tmp_path / "edged.yaml") == ["edged.yaml:1: not a regular file, expected a YAML file"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"Stra\xdfe\n", "is not UTF-8; save it as UTF-8"),
        (b"\n  \n", "has no text in it; write one text per line"),
        (b"A17\n" * 300_000, "is larger than 1048576 bytes"),
        (b"A17\nB2\n", 'has "B2" on line 2, which does not meet the pattern beside it'),
        (None, "is not a regular file, expected a text file"),
    ],
)
def test_a_dictionary_that_is_none_is_refused(raw: bytes | None, says: str, tmp_path: Path) -> None:
    """What is wrong with the file is told at the key that names it."""
    words = tmp_path / "words"
    words.mkdir() if raw is None else words.write_bytes(raw)
    file = tmp_path / "edged.yaml"
    file.write_text(
        "version: 1\ndevice: a\nsources:\n  in: {path: in, rules: {pattern: '[A-Z]\\d\\d', dictionary_file: words}}\n", encoding="utf-8"
    )
    assert _findings(file) == [f'edged.yaml:4: sources.in.rules.dictionary_file: "<here>/words" {says}']


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ([2**22 + 1], ['"<here>/0.png" is larger than 4194304 bytes, expected a picture']),
        ([2**22] * 9, ["the reference pictures up to this one have more than 33554432 bytes in all; save them smaller"]),
        ([2**22] * 8, []),
    ],
)
def test_reference_pictures_have_bounds(sizes: list[int], says: list[str], tmp_path: Path) -> None:
    """Each by itself and all together, for they are kept with the configuration."""
    file, sources = tmp_path / "edged.yaml", []
    for number, size in enumerate(sizes):
        with (tmp_path / f"{number}.png").open("wb") as picture:
            picture.truncate(size)
        align = f"align: {{reference: {number}.png, patches: [[0, 0, 9, 9]]}}"
        sources.append(f"  in{number}: {{path: in{number}, layout: regions, fields: {{lot: {{box: [1, 2, 30, 40]}}}}, {align}}}\n")
    file.write_text("version: 1\ndevice: a\nsources:\n" + "".join(sources), encoding="utf-8")
    if not says:
        assert len(load_config(file, environ={}).references) == len(sizes)
        return
    assert [line.partition(".align.reference: ")[2] for line in _findings(file)] == says


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    """A file that cannot be read is a bad configuration with its path and the system's reason."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: the configuration cannot be read: No such file") as refused:
        load_config(tmp_path / "nowhere.yaml")
    assert "-c FILE" in refused.value.hint


def test_too_many_sources_are_counted_not_compared(tmp_path: Path) -> None:
    """A generated file with thousands of sources is refused in one line."""
    file = tmp_path / "edged.yaml"
    file.write_text("version: 1\ndevice: a\nsources:\n" + "".join(f"  s{i}: {{path: in/{i}}}\n" for i in range(3000)), encoding="utf-8")
    assert _findings(file) == ["edged.yaml:3: sources: found a section, expected 1 to 64 sources, each with its name"]


def test_no_message_repeats_a_secret(tmp_path: Path) -> None:
    """A password at any wrong place is refused and never repeated."""
    file = tmp_path / "edged.yaml"
    for _, yaml, _ in _table():
        if "hunter2" in yaml:
            file.write_text(yaml, encoding="utf-8")
            assert "hunter2" not in "".join(_findings(file))
