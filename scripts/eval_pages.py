"""Whole pictures by the daemon's own way, with layout detect: what is found, and how fast.

usage: python -m scripts.eval_pages PAGES --out PREDICTIONS.json [--pictures N] [--sources NAME …] [--detector NAME]
                                    [--peer [KEY=VALUE …]]

PAGES has <source>/pages.json, a list of {"image": path}. PREDICTIONS.json is {"<source>/<image>": [{"text", "box"}, …]}, lines in reading
order, boxes in pixels. With --peer RapidOCR with its OpenVINO engine reads the same pictures into PREDICTIONS.rapid.json, with its
defaults or with other settings (Det.limit_side_len=960 Global.use_cls=false); it needs an environment of its own, see compare_peers.py.
Of each source a few pictures are read before the clock runs, by both.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from edged.commands.pictures import opened
from edged.config import DetectorSection, FolderSection
from edged.config.file import LoadedConfig
from edged.generation import config_or_defaults
from edged.types import Reading
from scripts.compare_peers import peers_python
from scripts.peers.worker import peak_mib

ROOT = Path(__file__).parents[1]
_WARM = 5  # pictures


def pictures(pages: Path, sources: list[str] | None, most: int | None) -> dict[str, list[str]]:
    """Paths by source, relative to *pages*."""
    names = sources or sorted(path.parent.name for path in pages.glob("*/pages.json"))
    listed = {name: json.loads((pages / name / "pages.json").read_text(encoding="utf8"))[:most] for name in names}
    return {name: [f"{name}/{page['image']}" for page in found] for name, found in listed.items()}


def configured(detector: str | None) -> LoadedConfig:
    """The defaults, with another detector where one is named."""
    loaded = config_or_defaults(None)
    if detector is None:
        return loaded
    config = loaded.config.model_copy(update={"detector": DetectorSection(name=detector)})
    return LoadedConfig(config=config, digest=loaded.digest, path=loaded.path)


def ours(pages: Path, wanted: dict[str, list[str]], models_dir: Path, detector: str | None) -> dict[str, list[dict[str, object]]]:
    """Read them all, source by source; the figures go to stderr."""
    loaded = configured(detector)
    read: dict[str, list[dict[str, object]]] = {}
    source = FolderSection(path=Path("/"), layout="detect", empty="ok")  # never opened
    with opened(loaded, source, loaded.config.model, models_dir) as chain:
        for name, paths in wanted.items():
            files = [str(pages / path) for path in paths]
            list(chain.readings(files[:_WARM]))
            begun = time.perf_counter()
            readings = list(chain.readings(files))
            tell(name, len(paths), time.perf_counter() - begun, peak_mib())
            read |= {path: lines(reading) for path, reading in zip(paths, readings, strict=True)}
    return read


def lines(reading: Reading) -> list[dict[str, object]]:
    """What was read, in order."""
    return [{"text": line.transcript.text, "confidence": round(line.transcript.confidence, 4), "box": line.box} for line in reading.lines]


def tell(name: str, count: int, seconds: float, mib: float) -> None:
    """One line of figures."""
    print(f"{name}: {count / seconds:.2f} pictures a second, {mib:.0f} MiB at most", file=sys.stderr, flush=True)


def theirs(pages: Path, wanted: dict[str, list[str]], out: Path, settings: list[str]) -> None:
    """The same by RapidOCR, in its environment."""
    params = {key: json.loads(value) for key, _, value in (setting.partition("=") for setting in settings)}
    asked = json.dumps({"pages": str(pages), "wanted": wanted, "out": str(out), "params": params})
    subprocess.run([peers_python(), "-m", "scripts.peers.rapid_pages"], input=asked, text=True, check=True, cwd=ROOT)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=None, help="the first so many of each source (default: all)")
    parser.add_argument("--sources", nargs="*", help="some of them (default: all)")
    parser.add_argument("--detector", help="of the shelf (default: the configured one)")
    parser.add_argument("--models-dir", type=Path, default=ROOT / "models")
    parser.add_argument("--peer", nargs="*", metavar="KEY=VALUE", help="RapidOCR, too; values as in JSON")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    wanted = pictures(args.pages, args.sources, args.pictures)
    print("edged", file=sys.stderr)
    args.out.write_text(json.dumps(ours(args.pages, wanted, args.models_dir, args.detector), ensure_ascii=False), encoding="utf8")
    if args.peer is not None:
        print("RapidOCR", *args.peer, file=sys.stderr)
        theirs(args.pages.resolve(), wanted, args.out.with_suffix(".rapid.json").resolve(), args.peer)


if __name__ == "__main__":
    main()
