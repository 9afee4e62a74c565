"""What a process does before it forks again and again: what is alive then is to stay as it is.

A fork pays for each page that it or its parent writes to, and for each entry of the page tables.
Of a huge page it copies one in place of 512, or all in one go where the page has been written to
since: that is a fifth of what a candidate costs (benchmarks/sandbox.py).
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator

#: madvise(2), from Linux 6.1: put what lies in a range into huge pages, at once.
_MADV_COLLAPSE = 25
_HUGE = 1 << 21
#: No more bytes are put together. They are copied: a megabyte in about a millisecond.
_AT_MOST = 1 << 28
#: In ``/proc/self/smaps`` a mapping without a file, and how many kB of it are in use.
_ANONYMOUS = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\])?\n"
    r"(?:(?!VmFlags).*\n)*?Anonymous: +(\d+) kB$",
    re.MULTILINE,
)


def settle(often: bool) -> None:
    """Leave what is alive out of what the collector marks, and where forks are to come ``often``,
    put it together: that takes as long as it saves in twenty of them."""
    gc.collect()
    gc.freeze()
    if often:
        put_together()


def put_together() -> None:
    """Put this process' memory into huge pages; where that cannot be, it stays as it is."""
    try:
        import ctypes

        advise = ctypes.CDLL(None).madvise
        advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        left = _AT_MOST
        for begin, size in _ranges():
            if size <= left:
                left -= size
                advise(begin, size, _MADV_COLLAPSE)
    except (ImportError, OSError, AttributeError):
        # No ctypes, no /proc, no Linux.
        return


def _ranges() -> Iterator[tuple[int, int]]:
    """Begin and size of what huge pages can hold of mappings of which at least half is in use."""
    with open("/proc/self/smaps") as stream:
        mappings = _ANONYMOUS.findall(stream.read())
    for first, last, used in mappings:
        begin, end = int(first, 16), int(last, 16)
        if 2048 * int(used) >= end - begin:
            begin, end = -(-begin // _HUGE) * _HUGE, end // _HUGE * _HUGE
            if begin < end:
                yield begin, end - begin
