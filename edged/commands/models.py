"""`edged models`: the shelf."""

import argparse
from functools import partial
from pathlib import Path

from edged.config import RecogniseSection
from edged.errors import ExitCode, ModelError
from edged.flow.detect import Detector
from edged.flow.model_files import load_detector, load_model
from edged.flow.recognise import Recogniser
from edged.generation import config_or_defaults, shelf_of
from edged.manifest import AnyManifest, DetectorManifest
from edged.shelf.build import build as build_model
from edged.shelf.listing import list_models
from edged.shelf.recipes import RECIPES, SET_UP, AnyRecipe, DetectorRecipe


def build(arguments: argparse.Namespace) -> ExitCode:
    """Make the models that edged ships, or those named, where they are not there already.

    Raises:
        ModelError: One cannot be fetched or made, or has no recipe.
    """
    unknown = sorted(set(arguments.names) - {recipe.name for recipe in RECIPES})
    if unknown:
        msg = f"there is no recipe for {', '.join(unknown)}"
        raise ModelError(msg, hint=f"the recipes are {', '.join(recipe.name for recipe in RECIPES)}")
    shelf = arguments.models_dir or config_or_defaults(arguments.config).config.models_dir
    for recipe in [recipe for recipe in RECIPES if recipe.name in arguments.names] or SET_UP:
        made = build_model(recipe, shelf, check=partial(_check, recipe))
        print(f"{shelf / recipe.name}: {'built' if made else 'is there'}")
    return ExitCode.DONE


def listing(arguments: argparse.Namespace) -> ExitCode:
    """Every model of the shelf, unusable ones too."""
    config = config_or_defaults(arguments.config).config
    shelf = [arguments.models_dir] if arguments.models_dir else shelf_of(config.state_dir, config.models_dir)
    worst = ExitCode.DONE
    for entry in list_models(shelf):
        if entry.manifest is None:
            print(f"{entry.folder.name}\tunusable: {entry.problem}")
            worst = ExitCode.UNREADABLE
            continue
        manifest = entry.manifest
        precisions, note = "+".join(manifest.files), " (shadowed)" if entry.shadowed else ""
        print(f"{manifest.name}\t{manifest.task}\t{precisions}\t{_extent(manifest)}\t{manifest.licence}\t{entry.folder}{note}")
    return worst


def _extent(manifest: AnyManifest) -> str:
    return f"{len(manifest.input.sizes)} sizes" if isinstance(manifest, DetectorManifest) else f"{manifest.charset.classes} classes"


def _check(recipe: AnyRecipe, shelf: Path) -> None:
    """Load it and let it read its golden lines, or find the texts of its golden pictures."""
    engine = (
        Detector(load_detector([shelf], recipe.name), RecogniseSection())
        if isinstance(recipe, DetectorRecipe)
        else Recogniser(load_model([shelf], recipe.name), RecogniseSection())
    )
    try:
        engine.open()
    finally:
        engine.close()
