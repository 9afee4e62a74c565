"""How many threads compute, and how they wait for each other.

``docs/decisions.md`` says what decided it ("threads").
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads for one token at a time (``decode``) and for a prompt (``prefill``)."""

    decode: int
    prefill: int


#: A model's weights come over one memory bus, which so many threads keep busy.
_MOST = 8


def choose(cores: int | None = None) -> Threads:
    """How many threads to use on a machine with ``cores`` cores (default: those this process may
    run on).

    All but one, which is left to the editor; of two, both: threads that sleep while they wait lose
    little when a core is taken, while one thread alone gives up half of an idle machine.
    """
    available = cores or _usable_cores()
    count = min(_MOST, max(min(2, available), available - 1))
    return Threads(decode=count, prefill=count)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def wait_quietly() -> None:
    """Let threads that wait for each other sleep instead of spin, unless the user has said how.

    Spinning threads burn the time slices that the one they wait for needs: beside one busy process
    on two cores, two that spin are slower than one alone.
    To be called before the OpenMP runtime is loaded, which reads its environment once.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
