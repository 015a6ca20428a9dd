"""Which generation reads now, and what becomes of those before it.

A feed takes a lease of the current reader before each input and gives it back with the last answer. Swapping
takes the same lock, so an old generation gets no new leases; once it has none left, nobody can submit to its
recognisers any more, and `retire` closes those that no living generation shares.
"""

import threading
from collections.abc import Callable
from functools import partial

from edged.flow.detect import Detector
from edged.flow.pipeline import Lease
from edged.flow.recognise import Recogniser
from edged.generation import Generation
from edged.lib.heap import release_heap
from edged.types import SourceName


class _Living:
    """A generation that is not closed yet."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.leases = 0


class Succession:
    """The generations that live. Any thread may call any method, but one at a time swaps and retires."""

    def __init__(self, first: Generation, *, release: Callable[[], None] = release_heap) -> None:
        """Begin with *first*; *release* gives memory back after something was closed."""
        self._lock = threading.Lock()
        self._living = [_Living(first)]  # the current one last
        self._release = release

    @property
    def current(self) -> Generation:
        """The one that reads."""
        with self._lock:
            return self._living[-1].generation

    @property
    def living(self) -> int:
        """How many are not closed yet, the current one included."""
        with self._lock:
            return len(self._living)

    def lease(self, source: SourceName) -> Lease:
        """The current reader of a source, open until it is given back; from any thread, once."""
        with self._lock:
            living = self._living[-1]
            living.leases += 1
            return Lease(living.generation.readers[source], partial(self._give_back, living))

    def swap(self, new: Generation) -> None:
        """From the next input on *new* reads."""
        with self._lock:
            self._living.append(_Living(new))

    def retire(self) -> None:
        """Close what nobody uses any more; called now and then."""
        if self._close_unused():
            self._release()

    def check(self) -> None:
        """Look for lines whose inference failed."""
        for engine in self._used():
            if not isinstance(engine, Detector):  # which is waited for by who asks it
                engine.check()

    def close(self) -> None:
        """Close everything; nobody submits any more."""
        for engine in self._used():
            engine.close()

    def _close_unused(self) -> bool:
        with self._lock:
            *old, current = self._living
            gone = [living for living in old if not living.leases]
            self._living = [*(living for living in old if living.leases), current]
        used = self._used()
        unused = [engine for living in gone for engine in living.generation.engines if engine not in used]
        for engine in unused:
            engine.close()
        return bool(unused)

    def _used(self) -> list[Recogniser | Detector]:
        with self._lock:
            return list({id(one): one for living in self._living for one in living.generation.engines}.values())

    def _give_back(self, living: _Living) -> None:
        with self._lock:
            living.leases -= 1
