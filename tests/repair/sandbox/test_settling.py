"""Memory in huge pages holds what it held."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from repair.sandbox.probe.forking import put_together

BYTES = 16 << 20


def huge() -> int:
    """Bytes of this process that lie in huge pages."""
    found = re.search(r"AnonHugePages: +(\d+) kB", Path("/proc/self/smaps_rollup").read_text())
    assert found is not None
    return int(found[1]) << 10


def can_be() -> bool:
    """Whether this kernel puts pages together when it is asked to."""
    release = tuple(map(int, platform.release().split(".")[:2]))
    return release >= (6, 1) and Path("/sys/kernel/mm/transparent_hugepage").is_dir()


def test_memory_is_put_together_and_holds_what_it_held() -> None:
    block = bytearray(os.urandom(4096) * (BYTES // 4096))
    before = bytes(block)
    put_together()
    assert block == before
    # Its ends need not be where huge pages begin.
    assert huge() >= (BYTES - (4 << 20) if can_be() else 0)
