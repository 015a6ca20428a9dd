"""Proof of guilt: decode an input in a process of its own after a reader died while it held it.

Several inputs were in work when a process died; only the one that kills again is to blame. Run as
`python -m edged.flow.trial LIMITS`, with the picture on standard input.
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edged.config import LimitsSection
from edged.errors import FrameError, FrameFailed
from edged.flow.decode import decode, limit_threads

_COMMAND = (sys.executable, "-m", "edged.flow.trial")
_HOME = Path(__file__).parents[2]  # `-m` looks into the working directory first: it must be ours
_READY = b"ready\n"  # written when only the decoding is left: what happens later is the picture's doing
_BASE_BYTES = 2 * 2**30  # address space of the interpreter and its libraries, generously
_BYTES_PER_PIXEL = 32  # 16-bit pixels with transparency, their copies, and the decoder's own
_HINT = "the file is kept in failed: open it in a picture program and save it again, and report it"


def survives(data: bytes, limits: LimitsSection, *, timeout_seconds: float, command: Sequence[str] = _COMMAND) -> None:
    """Return if a process decodes *data* and lives; an ordinary refusal is life, too.

    A process that does not even come to decoding proves nothing. Blocks for up to *timeout_seconds*.

    Raises:
        FrameFailed: The process was killed, hung, or ended wrongly while it decoded.
    """
    # One thread per numeric library: each reserves address space, which is limited.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    arguments = [*command, limits.model_dump_json(), str(max(1, round(timeout_seconds)))]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, no shell, the data goes in by standard input
            arguments,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_seconds,
            env=environment,
            cwd=_HOME,
            check=False,
        )
    except OSError:  # no process, no memory or no descriptor to be had: says something of us, not of the picture
        return
    except subprocess.TimeoutExpired as error:
        if error.stdout == _READY:
            msg = f"crashed the reader twice: still decoding after {timeout_seconds:g} s"
            raise FrameFailed(msg, hint=_HINT) from error
        return
    if done.returncode != 0 and done.stdout == _READY:
        msg = f"crashed the reader twice: {_ending(done.returncode)} while decoding"
        raise FrameFailed(msg, hint=_HINT)


def _ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _confine(limits: LimitsSection, seconds: int) -> None:
    """Take from this process what a decoder does not need."""
    space = _BASE_BYTES + _BYTES_PER_PIXEL * limits.max_pixels + 4 * limits.max_file_bytes
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: Sequence[str]) -> int:
    """Decode standard input; 0 unless the process does not live to say it."""
    limits = LimitsSection.model_validate_json(arguments[0])
    _confine(limits, int(arguments[1]))
    limit_threads(1)
    data = sys.stdin.buffer.read()
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()
    try:
        decode(data, limits)
    except FrameError:
        return 0  # the reader meets it itself, and lives
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
