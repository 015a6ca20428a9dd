"""Keeps the C heap from growing for ever on blocks of random sizes."""

import ctypes
import gc

# glibc's mallopt(3). By default each thread gets an arena of its own, and the size from which blocks go back to the
# system grows with the largest one freed: pictures of random widths then leave holes in eight heaps.
_SETTINGS = (
    (-8, 2),  # M_ARENA_MAX
    (-3, 256 * 1024),  # M_MMAP_THRESHOLD: larger blocks are returned as soon as they are freed
    (-1, 1024 * 1024),  # M_TRIM_THRESHOLD
)


def bound_heap() -> None:
    """Set glibc's allocator up; does nothing with another C library. Called once, before threads start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in _SETTINGS:
            mallopt(parameter, value)


def release_heap() -> None:
    """Give back what is free: cycles first, then the pages of every arena. For after something large was dropped."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
