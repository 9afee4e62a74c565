"""What the C library keeps of the memory that a process gave back, where it is glibc (mallopt(3)).

Its own choice is an arena for each of many threads and blocks of up to 32 MiB on them: what a
process of days holds grows with their gaps.
"""

from __future__ import annotations

import contextlib
import ctypes

#: ``M_ARENA_MAX`` and ``M_MMAP_THRESHOLD`` of ``malloc.h``.
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
#: Bytes from which on a block is the system's and goes back to it at once.
_LARGE = 1 << 20
#: Another C library has no such function, Windows no library by this name.
_ELSEWHERE = (OSError, AttributeError, TypeError)


def bound() -> None:
    """Keep less, from here on. To be called before threads are started."""
    with contextlib.suppress(*_ELSEWHERE):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)


def trim() -> None:
    """Give back what is kept now."""
    with contextlib.suppress(*_ELSEWHERE):
        ctypes.CDLL(None).malloc_trim(0)
