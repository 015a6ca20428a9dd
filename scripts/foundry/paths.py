"""Where the foundry finds what is not in the project."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SHARED = Path(os.environ.get("EDGED_SHARED", str(PROJECT.parent / "shared")))
CORPUS = SHARED / "train" / "corpus"
FONTS = Path(os.environ.get("EDGED_FONTS", str(Path.home() / ".cache" / "edged" / "fonts")))
WEIGHTS = PROJECT / "edged" / "shelf" / "weights"  # what edged carries of our models
