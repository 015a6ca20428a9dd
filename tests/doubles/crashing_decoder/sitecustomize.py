"""A decoder that dies on marked pictures: put this folder on PYTHONPATH of a process.

`cv2.imdecode` aborts the process where the bytes hold EDGED-TEST-ABORT, and never returns where they
hold EDGED-TEST-HANG. cv2 itself is imported only when the process does it.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def _guard(module: ModuleType) -> None:
    """Wrap the decoder of the imported cv2."""
    real = module.imdecode

    def imdecode(data: Any, *arguments: Any, **keywords: Any) -> Any:
        held = bytes(data)
        if b"EDGED-TEST-ABORT" in held:
            os.abort()
        if b"EDGED-TEST-HANG" in held:
            threading.Event().wait()
        return real(data, *arguments, **keywords)

    module.imdecode = imdecode


class _Loader(importlib.abc.Loader):
    """The real loader, with a hand on what it loaded."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        _guard(module)


class _Finder(importlib.abc.MetaPathFinder):
    """Catches the first import of cv2 only: cv2 imports its own binary under the same name."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "cv2":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())
