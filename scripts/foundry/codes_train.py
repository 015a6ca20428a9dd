"""Train crnn-codes from nothing on lines that are drawn while it trains; goes on from its last checkpoint.

usage: python -m scripts.foundry.codes_train RUN [--mix codes=0.8 real=0.2 | --taught DIR …] [--eval TREE] [--epochs 40] [--bf16] [--cuda]

An epoch is `--chunks` x 512 lines, or all that `codes_lesson` and `codes_draw` made; it best begins with the former. RUN gets what `loop`
writes. The loss: CTC (Graves et al., 2006) on what stands upright, cross entropy to the class at each step where it was told, and cross
entropy on upside down for all lines. `--eval` takes the headline from the labelled pictures, which are never trained on; without it the
headline is that of drawn lines.
"""

import argparse
import os
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from scripts.foundry.codes_exam import Drawn, Exam
from scripts.foundry.codes_network import Codes, CodesShape, characters, multiply_adds, weights
from scripts.foundry.codes_stream import CHUNK, UNTOLD, Batch, MixShares, Stream, Taught
from scripts.foundry.loop import Loop, Losses, device_of, names, on

MIX: Final = ["codes=0.8", "real=0.17", "wire_markers_upsidedown=0.03"]
"""By name and share."""
_BLANK: Final = 0.3
_HOPELESS: Final = 4.0  # nats per character above which CTC counts by its logarithm: some drawn lines nobody can read


def _weights(logs: Tensor) -> Tensor:
    """Most steps are blank: they count less."""
    weights = torch.ones(logs.shape[2], device=logs.device)
    weights[0] = _BLANK
    return weights


def loss_of(network: Codes, batch: Batch, *, turned: float = 0.5) -> Losses:
    """The loss of a batch, per line, and its parts; *turned* weighs the second head."""
    logits, way = network(batch.pictures.float() / 127.5 - 1)
    logs = functional.log_softmax(logits.float(), dim=2)
    ctc = functional.ctc_loss(logs.transpose(0, 1), batch.labels, batch.lengths, batch.label_lengths, reduction="none", zero_infinity=True)
    upright = 1 - batch.turned
    each = ctc / batch.label_lengths.clamp(min=1)
    each = torch.where(each > _HOPELESS, _HOPELESS + torch.log1p((each - _HOPELESS).clamp(min=0)), each) * upright
    read = each.sum() / upright.sum().clamp(min=1)
    told = functional.binary_cross_entropy_with_logits(way.float(), batch.turned)
    total, parts = read + turned * told, {"ctc": read.item(), "turned": told.item()}
    if bool((batch.steps != UNTOLD).any()):
        where = functional.cross_entropy(logs.transpose(1, 2), batch.steps, weight=_weights(logs), ignore_index=UNTOLD)
        total, parts = total + where, parts | {"where": where.item()}
    return Losses(total=total, parts=parts, lines=len(batch.lengths))


def train(args: argparse.Namespace) -> Loop:
    """All epochs that are left."""
    torch.manual_seed(args.seed)
    device = device_of(cuda=args.cuda)
    network = Codes(CodesShape(classes=len(characters()))).to(device)
    mixes = mixes_of(args.mix)
    taught = Taught(sorted(p for folder in args.taught for p in folder.glob("*.npz")), args.seed, 160 * args.batch) if args.taught else None
    lines = taught.count if taught else args.chunks * args.chunk
    facts: dict[str, Any] = {
        "mix": names(args.taught) if taught else dict(mixes),
        "seed": args.seed,
        "lines_an_epoch": lines,
        "weights": weights(network),
    }
    facts |= {"gflop_32x160": 2e-9 * multiply_adds(network.cpu()), "eval": bool(args.eval), "rate": args.rate, "bf16": args.bf16}
    network.to(device, memory_format=torch.channels_last)  # a quarter faster on a CPU
    compute = partial(torch.autocast, device.type, dtype=torch.bfloat16) if args.bf16 else nullcontext
    groups = [{"params": list(network.parameters()), "lr": args.rate}]
    plan = {"epochs": args.epochs, "until": args.until, "warm_up": args.warm_up}
    loop = Loop(folder=args.run, pupil=network, groups=groups, facts=facts, start=args.start, compute=compute, **plan)
    exam = Exam(args.eval) if args.eval else Drawn(mixes, args.seed, args.examined)
    stream = Stream(mixes, args.seed, workers=args.workers, count=args.chunk, places=160 * args.batch, by_heart=args.by_heart)

    def figures() -> dict[str, float]:
        found = exam.figures(network.cpu())
        network.to(device)
        return found

    try:
        loop.run(
            taught.batches if taught else lambda epoch: stream.batches(epoch * args.chunks, args.chunks),
            lambda batch: loss_of(network, on(batch, device)),
            figures,
            lines,
        )
    finally:
        stream.close()
    return loop


def mixes_of(words: list[str]) -> MixShares:
    """`codes=0.8` by name and share."""
    found = []
    for word in words:
        name, equals, share = word.partition("=")
        found.append((name, float(share) if equals else 1.0))
    return tuple(found)


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("run", type=Path)
    found.add_argument("--mix", nargs="+", default=MIX, help="NAME=SHARE")
    found.add_argument(
        "--taught", type=Path, nargs="+", default=[], help="folders that codes_lesson or codes_draw made; nothing is drawn then"
    )
    found.add_argument("--eval", type=Path, help="a tree of labelled pictures with score.py")
    found.add_argument("--start", type=Path, help="a checkpoint to begin with")
    found.add_argument("--epochs", type=int, default=40)
    found.add_argument("--until", type=int, help="stop after this epoch, to go on another time")
    found.add_argument("--chunks", type=int, default=40, help="of an epoch")
    found.add_argument("--chunk", type=int, default=CHUNK, help="lines of a chunk")
    found.add_argument("--examined", type=int, default=512, help="drawn lines of the exam where there is no --eval")
    found.add_argument("--batch", type=int, default=64, help="lines of 160 pixels, or fewer longer ones")
    found.add_argument("--warm-up", type=int, default=300, help="steps in which the rate rises")
    found.add_argument("--rate", type=float, default=2e-3)
    found.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1), help="that draw; 0 draws in this process")
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--by-heart", action="store_true", help="the same chunk again and again: what cannot even do that is broken")
    found.add_argument("--cuda", action="store_true", help="train on a GPU")
    found.add_argument("--bf16", action="store_true", help="compute in bf16 where that is safe")
    return found


if __name__ == "__main__":
    train(parser().parse_args())
