from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from edged.errors import ModelError, ModelUnavailable
from edged.flow.model_files import find_model, load_detector, load_model
from edged.manifest import FILE_NAME, load_detector_manifest, load_manifest
from tests.doubles.shelf import make_model, rewrite
from tests.doubles.toy_detector import make_detector


def never(_: float) -> None:
    pytest.fail("a model whose files are quiet must not be waited for")


def test_a_model_is_loaded_whole(tmp_path: Path) -> None:
    """Files, charset with the blank in its place, and the reference are what the manifest says."""
    make_model(tmp_path / "tiny", charset="a\nb\n\u3000\n \n")
    model = load_model([tmp_path], "tiny", wait=never)
    assert model.charset == ("", "a", "b", "\u3000", " ")
    assert model.ir.read() == (b"<xml/>", b"weights")
    assert (model.ref.name, model.ref.precision, len(model.ref.digest)) == ("tiny", "fp16", 64)
    assert model.golden[0].text == "ab"


def test_what_was_let_go_is_read_again_and_must_be_the_same(tmp_path: Path) -> None:
    make_model(tmp_path / "tiny")
    model = load_model([tmp_path], "tiny", wait=never)
    target = tmp_path / "tiny" / "fp16" / "model.bin"
    model.ir.let_go()
    assert model.ir.read() == (b"<xml/>", b"weights")
    target.write_bytes(b"other weights")
    with pytest.raises(ModelError, match=r"model\.bin: SHA-256 is"):
        model.ir.read()
    target.unlink()
    with pytest.raises(ModelUnavailable, match=r"model\.bin: cannot be read"):
        model.ir.read()


def test_only_line_feeds_separate_classes(tmp_path: Path) -> None:
    """Unicode's other line ends are classes like any other."""
    make_model(tmp_path / "tiny", charset="\u2028\n\x85\n\x0b\n")
    assert load_model([tmp_path], "tiny").charset == ("", "\u2028", "\x85", "\x0b")


def test_the_first_folder_of_the_shelf_wins(tmp_path: Path) -> None:
    """What was put on the box stands before what it came with."""
    for place in ("box", "shipped"):
        make_model(tmp_path / place / "tiny")
    assert find_model([tmp_path / "box", tmp_path / "shipped"], "tiny") == tmp_path / "box" / "tiny"
    assert find_model([tmp_path / "empty", tmp_path / "shipped"], "tiny") == tmp_path / "shipped" / "tiny"


def test_a_missing_model_says_where_was_looked(tmp_path: Path) -> None:
    """The error names every place and the remedy."""
    with pytest.raises(ModelError, match=r"one/absent/model.yaml and .*two/absent/model.yaml") as caught:
        load_model([tmp_path / "one", tmp_path / "two"], "absent")
    assert "models build" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "load"),
    [
        (FILE_NAME, lambda shelf: load_manifest(shelf / "tiny")),
        ("fp16/model.bin", lambda shelf: load_model([shelf], "tiny", wait=lambda _: None)),
    ],
)
def test_a_file_that_cannot_be_read_now_is_no_wrong_text(tmp_path: Path, name: str, load: Callable[[Path], object]) -> None:
    """74, so that systemd tries again; a model that is not there is a wrong name, 78."""
    make_model(tmp_path / "tiny")
    (tmp_path / "tiny" / name).unlink()
    with pytest.raises(ModelError, match="cannot be read") as caught:
        load(tmp_path)
    assert caught.value.exit_code == 74
    with pytest.raises(ModelError) as caught:
        load_model([tmp_path], "absent")
    assert caught.value.exit_code == 78


@pytest.mark.parametrize("name", ["fp16/model.xml", "fp16/model.bin", "charset.txt"])
def test_a_changed_file_is_refused_with_both_digests(tmp_path: Path, name: str) -> None:
    """Found and expected stand in the message; quiet files are tried once more and no longer."""
    make_model(tmp_path / "tiny")
    expected = str(load_manifest(tmp_path / "tiny"))
    (tmp_path / "tiny" / name).write_bytes(b"other")
    waits: list[float] = []
    with pytest.raises(ModelError, match=r"SHA-256 is [0-9a-f]{64}, the manifest says ([0-9a-f]{64})") as caught:
        load_model([tmp_path], "tiny", wait=waits.append)
    assert str(caught.value).split("the manifest says ")[1][:64] in expected
    assert len(waits) == 1


def test_files_that_are_still_copied_are_waited_for(tmp_path: Path) -> None:
    """While the files change the model is tried again, and loads once it is whole."""
    make_model(tmp_path / "tiny")
    target = tmp_path / "tiny" / "fp16" / "model.bin"
    target.write_bytes(b"")
    arriving = [b"we", b"weig", b"weights"]
    model = load_model([tmp_path], "tiny", wait=lambda _: target.write_bytes(arriving.pop(0)))
    assert model.ir.read()[1] == b"weights"
    assert not arriving


def test_files_that_never_rest_are_refused_in_the_end(tmp_path: Path) -> None:
    """The tries are bounded."""
    make_model(tmp_path / "tiny")
    target = tmp_path / "tiny" / "fp16" / "model.bin"
    target.write_bytes(b"")
    with pytest.raises(ModelError, match="SHA-256"):
        load_model([tmp_path], "tiny", wait=lambda _: target.write_bytes(target.read_bytes() + b"x"))


def test_the_number_of_classes_is_checked(tmp_path: Path) -> None:
    """A charset of another length is refused with both numbers."""
    make_model(tmp_path / "tiny", charset="a\nb\n", classes=5)
    with pytest.raises(ModelError, match=r"2 classes and a blank at 0, the manifest says 5"):
        load_model([tmp_path], "tiny")


def test_a_precision_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message says what there is."""
    make_model(tmp_path / "tiny")
    with pytest.raises(ModelError, match="no int8 files, only fp16"):
        load_model([tmp_path], "tiny", "int8")


def test_a_renamed_folder_is_refused(tmp_path: Path) -> None:
    """A folder that says it is another model would lie in every reading."""
    make_model(tmp_path / "tiny")
    (tmp_path / "tiny").rename(tmp_path / "other")
    with pytest.raises(ModelError, match="is of the model tiny, the folder is called other"):
        load_model([tmp_path], "other")


@pytest.mark.parametrize(
    ("path", "value", "same"),
    [
        (("licence",), "MIT", True),
        (("architecture",), "other", True),
        (("provenance", "converter"), "other", True),
        (("golden", 0, "text"), "ba", True),
        (("input", "padding"), 0, False),
        (("input", "width_buckets"), [64, 128], False),
        (("input", "overlap"), 16, False),
        (("charset", "blank"), 1, False),
        (("charset", "turned"), "b", False),
        (("calibration",), {"raw": [0, 1], "calibrated": [0, 0.9]}, False),
    ],
)
def test_the_digest_changes_with_what_is_read_and_only_then(tmp_path: Path, path: tuple[str | int, ...], value: object, same: bool) -> None:
    """Two models with one digest read the same; a corrected word in the manifest is no other model."""
    make_model(tmp_path / "tiny")
    before = load_model([tmp_path], "tiny").ref.digest
    rewrite(tmp_path / "tiny", path, value)
    assert (load_model([tmp_path], "tiny").ref.digest == before) is same


def test_a_model_that_says_nothing_of_later_keys_keeps_its_digest(tmp_path: Path) -> None:
    """Readings of years carry it, and an update of edged is no other model."""
    make_model(tmp_path / "tiny")
    assert load_model([tmp_path], "tiny").ref.digest == "ec16b332404aba1b2801c1497a1ddd88bc41b781ce6e48ab32cb093d73b6af13"


@pytest.mark.parametrize("turned", ["x", "ab"])
def test_the_class_that_says_upside_down_is_one_of_the_charset(tmp_path: Path, turned: str) -> None:
    """Else what it says would be published as a text."""
    make_model(tmp_path / "tiny", charset="a\nb\n")
    rewrite(tmp_path / "tiny", ("charset", "turned"), turned)
    with pytest.raises(ModelError, match=rf"charset\.turned is '{turned}', which is 0 of the 2 classes"):
        load_model([tmp_path], "tiny")
    rewrite(tmp_path / "tiny", ("charset", "turned"), "b")
    assert load_model([tmp_path], "tiny").turned_index == 2


@pytest.mark.parametrize(
    "provenance",
    [
        {"converter": "none"},
        {"package": "none==1", "converter": "none"},
        {"trained_by": "edged", "converter": "none"},
        {"package": "none==1", "file": "a", "sha256": "0" * 64, "trained_by": "edged", "converter": "none"},
    ],
)
def test_weights_have_one_origin(tmp_path: Path, provenance: dict[str, str]) -> None:
    """A package or a training, and all of what tells which."""
    make_model(tmp_path / "tiny")
    rewrite(tmp_path / "tiny", ("provenance",), provenance)
    with pytest.raises(ModelError, match="either package, file and sha256 must be there, or trained_by and checkpoint_sha256"):
        load_manifest(tmp_path / "tiny")


def test_the_digest_covers_the_files(tmp_path: Path) -> None:
    """Other weights under a matching manifest are another model."""
    make_model(tmp_path / "a" / "tiny")
    make_model(tmp_path / "b" / "tiny", weights=b"others")
    assert load_model([tmp_path / "a"], "tiny").ref.digest != load_model([tmp_path / "b"], "tiny").ref.digest


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("input", "width_buckets"), [64, 32], "must rise"),
        (("input", "width_buckets"), list(range(64, 64 * 10, 64)), "at most 8"),
        (("input", "width_buckets"), [66], "multiples of the stride 4"),
        (("input", "overlap"), 40, "more than half"),
        (("files", "fp16", "xml"), "../elsewhere.xml", "files.fp16.xml"),
        (("files", "fp16", "bin"), "/etc/passwd", "files.fp16.bin"),
        (("charset", "file"), "a/../../b", "charset.file"),
        (("charset", "sha256"), "1234", "charset.sha256"),
        (("golden",), [], "golden"),
        (("unknown",), 1, "unknown"),
        (("format",), 2, "format"),
    ],
)
def test_a_bad_manifest_names_the_key(tmp_path: Path, path: tuple[str | int, ...], value: object, said: str) -> None:
    """What is refused is named; no file outside the model's folder can be named at all."""
    make_model(tmp_path / "tiny")
    rewrite(tmp_path / "tiny", path, value)
    with pytest.raises(ModelError, match=said):
        load_manifest(tmp_path / "tiny")


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    """Two mistakes, one message."""
    make_model(tmp_path / "tiny")
    rewrite(tmp_path / "tiny", ("input", "stride"), 0)
    rewrite(tmp_path / "tiny", ("task",), "guess")
    with pytest.raises(ModelError, match=r"task.*input\.stride|input\.stride.*task"):
        load_manifest(tmp_path / "tiny")


def test_a_manifest_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    """It is a model error, not a crash."""
    folder = make_model(tmp_path / "tiny")
    (folder / FILE_NAME).write_text("a: [", encoding="utf8")
    with pytest.raises(ModelError, match="not YAML"):
        load_manifest(folder)
    (folder / FILE_NAME).write_text(yaml.safe_dump(["a list"]), encoding="utf8")
    with pytest.raises(ModelError, match="file: "):
        load_manifest(folder)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (("input", "sizes"), [[64, 192], [64, 192]], "must differ"),
        (("input", "sizes"), [[64, 100]], "multiples of the stride 32 from 32 to 2048"),
        (("input", "sizes"), [[64, 4096]], "multiples of the stride 32 from 32 to 2048"),
        (("input", "sizes"), [[32 * n, 64] for n in range(1, 10)], "at most 8 items"),
        (("golden",), [], "at least 1 item"),
        (("charset",), {}, "charset"),
    ],
)
def test_a_detector_s_manifest_is_checked(tmp_path: Path, path: tuple[str, ...], value: object, found: str) -> None:
    """Sizes, what it must find, and nothing that only a recogniser has."""
    make_detector(tmp_path, "seeker")
    load_detector_manifest(tmp_path / "seeker")
    rewrite(tmp_path / "seeker", path, value)
    with pytest.raises(ModelError, match=found):
        load_detector_manifest(tmp_path / "seeker")


def test_a_detector_is_loaded_whole_and_its_digest_covers_what_changes_what_is_found(tmp_path: Path) -> None:
    """The input, the graph and its weights; neither name nor licence."""
    make_detector(tmp_path, "seeker")
    model = load_detector([tmp_path], "seeker", wait=never)
    assert [golden.name for golden in model.golden] == ["golden/page.png"]
    rewrite(tmp_path / "seeker", ("licence",), "MIT")
    assert load_detector([tmp_path], "seeker").ref == model.ref
    rewrite(tmp_path / "seeker", ("input", "padding"), 0)
    assert load_detector([tmp_path], "seeker").ref.digest != model.ref.digest
    (tmp_path / "seeker" / "fp16" / "model.bin").write_bytes(b"other")
    with pytest.raises(ModelError, match="SHA-256 is"):
        load_detector([tmp_path], "seeker", wait=lambda _: None)
