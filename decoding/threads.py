"""How many threads compute, and how they wait for each other.

The numbers come from ``python -m benchmarks.threads``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads for one token at a time (``decode``) and for a prompt (``prefill``)."""

    decode: int
    prefill: int


def choose(cores: int | None = None) -> Threads:
    """How many threads to use on a machine with ``cores`` cores (default: those this process may
    run on)."""
    available = cores or len(os.sched_getaffinity(0))
    return Threads(decode=max(1, available // 2), prefill=max(1, available // 2))


def wait_quietly() -> None:
    """Let threads that wait for each other sleep instead of spin, unless the user has said how.

    To be called before the OpenMP runtime is loaded, which reads its environment once.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
