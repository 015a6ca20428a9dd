"""Lines for crnn-codes, drawn once and kept: training on them is twice as fast as on lines that are drawn while it trains.

usage: python -m scripts.foundry.codes_draw OUT --count N [--first N] [--seed S] [--mix codes=0.8 real=0.17 …]

A shard has the lines of 8 chunks of `codes_stream`, told by seed and number alone; what is there is not drawn again.
"""

import argparse
from pathlib import Path
from typing import Final

from tqdm import tqdm

from scripts.foundry.codes_stream import CHUNK, chunk, shard_of
from scripts.foundry.codes_train import MIX, mixes_of
from scripts.foundry.lesson import save

_CHUNKS: Final = 8  # of a shard


def main() -> None:
    """Draw what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, required=True, help="lines, rounded up to whole shards")
    parser.add_argument("--first", type=int, default=0, help="shard to begin with: two processes may share the work")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mix", nargs="+", default=MIX, help="NAME=SHARE")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    shards = -(-args.count // (_CHUNKS * CHUNK))
    for shard in tqdm(range(args.first, args.first + shards), unit="shard"):
        path = args.out / f"codes-{args.seed}-{shard:05}.npz"
        if not path.exists():
            numbers = range(shard * _CHUNKS, (shard + 1) * _CHUNKS)
            save(path, shard_of([line for number in numbers for line in chunk(mixes_of(args.mix), args.seed, number)]))


if __name__ == "__main__":
    main()
