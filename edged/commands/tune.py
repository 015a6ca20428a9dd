"""`edged models tune`: a model of the shelf learns the user's own lines, and becomes a new model beside the old one."""

import argparse
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from edged.config import Config, FolderSection, LimitsSection, RecogniseSection
from edged.config.types import NAME_PATTERN
from edged.errors import ExitCode, ModelError, TuningError, UsageError
from edged.flow.decode import decode, limit_threads
from edged.flow.model_files import LoadedModel, find_model, load_model
from edged.flow.preprocess import prepare
from edged.flow.recognise import Recogniser
from edged.generation import config_or_defaults, shelf_of
from edged.lib.clock import SystemClock
from edged.manifest import ModelManifest, load_manifest
from edged.tuning import folder as model_folder
from edged.tuning.card import card
from edged.tuning.examples import Example, Prepare, read, unpacked
from edged.tuning.learn import Plan
from edged.tuning.session import Learnt, Material, tune
from edged.tuning.switch import switch, switchable

PLAN = Plan()


def run(arguments: argparse.Namespace) -> ExitCode:
    """Learn, write the model, say what changed, and switch to it where that was asked.

    Raises:
        EdgedError: The examples, the name or the model cannot be used, or nothing was gained; nothing was written.
    """
    limit_threads(1)
    loaded = config_or_defaults(arguments.config)
    config = loaded.config
    shelf, own = shelf_of(config.state_dir, config.models_dir), config.state_dir / "models"
    if arguments.models_dir:
        shelf, own = (arguments.models_dir,), arguments.models_dir
    name, old = arguments.name, arguments.model or config.model.name
    _check_name(name, shelf)
    model_folder.check_place(own)
    if arguments.switch:
        switchable(loaded, name, arguments.models_dir)
    source = find_model(shelf, old)
    manifest = load_manifest(source)
    models = [load_model(shelf, old, precision) for precision in manifest.files]
    material = _material(arguments.examples, models[0], source, _line_of(config, manifest))
    learnt, left_out = _learnt(models, material, arguments.minutes)
    what = f"`{old}` and {len(material.examples)} labelled lines in `{arguments.examples}`"
    text = card(name, old, what, learnt, left_out, day=f"{SystemClock().now():%Y-%m-%d}")
    contents = model_folder.contents_of(source, manifest, learnt, material.examples, name) | {"README.md": text.encode()}
    written = model_folder.write(own, name, contents, partial(_check, name=name, precisions=[one.precision for one in learnt]))
    print(f"\n{text}\n{written}: written; {old} is as it was")
    if arguments.switch:
        print(f"{switch(loaded, name)}: says `model.name: {name}`; a running daemon takes it up by itself")
    else:
        print(f"nothing reads with it yet: set `model.name: {name}`, or tune with --switch")
    return ExitCode.DONE


def _check_name(name: str, shelf: tuple[Path, ...]) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        message = f"--name: found {name!r}, expected letters, digits, - and _"
        raise UsageError(message, hint="it becomes the name of a folder and stands in each reading")
    for place in shelf:
        if (place / name).exists():
            raise model_folder.taken(place / name)


def _line_of(config: Config, manifest: ModelManifest) -> Prepare:
    """As the daemon makes lines: the steps of the only source, else the defaults."""
    source = next(iter(config.sources.values())) if len(config.sources) == 1 else FolderSection(path=Path("/"))
    return lambda data: prepare(decode(data, source.limits).image, source.preprocess, manifest.input.height).image


def _material(folder: Path, model: LoadedModel, source: Path, line: Prepare) -> Material:
    """Everything to learn from and to test on.

    Raises:
        ModelError: The model takes no remembered lines along.
        UsageError: The examples cannot be used.
    """
    old = unpacked(model_folder.remembered_of(source, model.manifest))
    return Material(
        examples=read(folder, line, [c for c in model.charset if c]),
        remembered=[Example(data=data, image=line(data), text=text) for data, text in old],
        golden=[Example(data=g.data, image=decode(g.data, LimitsSection()).image, text=g.text) for g in model.golden],
    )


def _learnt(models: list[LoadedModel], material: Material, minutes: float) -> tuple[list[Learnt], list[str]]:
    """Every precision that can learn, and why the others cannot; the time is shared.

    Raises:
        ModelError: None has a neck of ours.
        TuningError: None learnt anything that is worth a model.
    """
    learnt, failed = list[Learnt](), list[ModelError | TuningError]()
    for model in models:
        try:
            learnt.append(tune(model, material, plan=PLAN, minutes=minutes / len(models), clock=SystemClock(), tell=_tell))
        except (ModelError, TuningError) as error:
            failed.append(error)
    if not learnt:
        raise failed[0]
    return learnt, [str(error) for error in failed]


def _tell(line: str) -> None:
    print(line, flush=True)


def _check(shelf: Path, name: str, precisions: Iterable[str]) -> None:
    """Load it as the daemon does, and let it read its golden lines."""
    for precision in precisions:
        recogniser = Recogniser(load_model([shelf], name, precision), RecogniseSection())
        try:
            recogniser.open()
        finally:
            recogniser.close()
