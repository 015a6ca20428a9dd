"""Stages that freeze on command: put this folder on PYTHONPATH of the daemon.

The stage that /run/edged/freeze names makes no progress any more: a worker stands still at its next beat,
and for `openvino` no answer comes back. The limits that notice it are shortened.
"""

import threading
from pathlib import Path
from typing import Any

from edged import app
from edged.control.post import Post
from edged.control.supervise import SupervisorTimes
from edged.flow.recognise import Recogniser

_ORDER = Path("/run/edged/freeze")  # systemd empties the folder at each restart

_beat, _answer = Post._beat, Recogniser._answer


def _freezes(stage: str) -> bool:
    try:
        return _ORDER.read_text(encoding="utf-8").strip() == stage
    except FileNotFoundError:
        return False


def _freezing_beat(self: Post) -> None:
    if _freezes(self.name):
        threading.Event().wait()
    _beat(self)


def _freezing_answer(self: Recogniser, request: Any, job: Any) -> None:
    if not _freezes("openvino"):
        _answer(self, request, job)


Post._beat = _freezing_beat  # type: ignore[method-assign]
Recogniser._answer = _freezing_answer  # type: ignore[method-assign]
app._ANSWER_SECONDS = 1.0
SupervisorTimes.__init__.__kwdefaults__["beat_limit"] = 3.0
