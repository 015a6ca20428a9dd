"""Who may still use a model that was replaced, and when it is closed."""

from types import SimpleNamespace
from typing import Any

from edged.daemon.succession import Succession
from edged.generation import Generation, Opened
from edged.types import ModelRef, SourceName

INBOX = SourceName("inbox")


class Model:
    """A recogniser that notes whether it is open."""

    def __init__(self) -> None:
        self.open, self.checks = True, 0

    def close(self) -> None:
        self.open = False

    def check(self) -> None:
        self.checks += 1


def generation(name: str, *models: Model) -> Generation:
    ref = ModelRef(name=name, precision="fp16", digest=name)
    reader: Any = name
    opened: Any = tuple(Opened(SimpleNamespace(ref=ref), model) for model in models)  # type: ignore[arg-type]
    return Generation(readers={INBOX: reader}, opened=opened, model=ref)


class Rig:
    """Two models, the first in use."""

    def __init__(self) -> None:
        self.releases = 0
        self.old, self.new = Model(), Model()
        self.succession = Succession(generation("old", self.old), release=self._release)

    def _release(self) -> None:
        self.releases += 1


def test_an_old_model_stays_open_until_its_last_input_is_answered() -> None:
    """Whoever took a reader before the swap may submit to it, however long that takes."""
    rig = Rig()
    reader, give_back = rig.succession.lease(INBOX)
    assert str(reader) == "old"
    rig.succession.swap(generation("new", rig.new))
    assert str(rig.succession.lease(INBOX).reader) == "new"
    rig.succession.retire()
    assert (rig.old.open, rig.succession.living) == (True, 2)
    give_back()
    assert rig.old.open  # the answer's own thread closes nothing
    rig.succession.retire()
    assert (rig.old.open, rig.new.open, rig.succession.living) == (False, True, 1)
    assert rig.releases == 1


def test_a_model_that_both_generations_use_stays_open() -> None:
    """And nothing is given back to the system where nothing was closed."""
    rig = Rig()
    rig.succession.swap(generation("new", rig.old, rig.new))
    rig.succession.retire()
    assert (rig.old.open, rig.succession.living, rig.releases) == (True, 1, 0)
    rig.succession.swap(generation("newest", rig.new))
    rig.succession.retire()
    assert (rig.old.open, rig.new.open) == (False, True)


def test_the_current_one_is_never_retired() -> None:
    """With nobody reading, it still is what reads next."""
    rig = Rig()
    rig.succession.retire()
    assert (rig.old.open, rig.succession.current.model.name) == (True, "old")


def test_failed_inferences_are_looked_for_in_old_models_too() -> None:
    """Else an input of an old one would wait for ever, and keep it open."""
    rig = Rig()
    rig.succession.lease(INBOX)
    rig.succession.swap(generation("new", rig.new))
    rig.succession.check()
    assert (rig.old.checks, rig.new.checks) == (1, 1)


def test_the_end_closes_all_of_them() -> None:
    """Also those whose inputs never got an answer."""
    rig = Rig()
    rig.succession.lease(INBOX)
    rig.succession.swap(generation("new", rig.new))
    rig.succession.close()
    assert not rig.old.open
    assert not rig.new.open
