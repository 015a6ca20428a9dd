"""A sign of life: given now and then by what takes long, heard by who watches over it."""

from collections.abc import Callable

Beat = Callable[[], None]


def nothing() -> None:
    """A beat that nobody hears."""
