"""The machine: Python, the system, memory, disk, threads."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from decoding.models import store
from decoding.models.store import find
from pilotfish.health.sign import Patient, Sign, State

MINIMUM = (3, 11)
_GIB = 1 << 30


def python(patient: Patient) -> Iterator[Sign]:
    """The Python that Pilotfish itself runs under."""
    detail = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < MINIMUM:
        yield Sign("python", State.BROKEN, detail, "install pilotfish under Python 3.11 or newer")
    else:
        yield Sign("python", State.OK, detail)


def system(patient: Patient) -> Iterator[Sign]:
    """The operating system; only Linux has everything."""
    detail = f"{platform.system()} {platform.release()} {platform.machine()}"
    if sys.platform != "linux":
        yield Sign(
            "system",
            State.NOTE,
            f"{detail}: everything works but the sandbox, without which no patch is verified",
        )
    else:
        yield Sign("system", State.OK, detail)


def memory(patient: Patient) -> Iterator[Sign]:
    """Whether the completing model fits: its file is mapped, and about as much is worked with."""
    available = psutil.virtual_memory().available
    needed = 2 * find("complete").size
    detail = f"{available / _GIB:.1f} GiB available"
    if available < needed:
        yield Sign(
            "memory",
            State.NOTE,
            f"{detail}; the default model wants {needed / _GIB:.1f} GiB",
            "close something, or choose a smaller model with --model",
        )
    else:
        yield Sign("memory", State.OK, detail)


def disk(patient: Patient) -> Iterator[Sign]:
    """Whether a model could be downloaded."""
    folder = _existing(store.folder())
    free = shutil.disk_usage(folder).free
    detail = f"{free / _GIB:.1f} GiB free at {folder}"
    largest = max(find("repair").size, find("complete").size)
    if free < largest:
        yield Sign(
            "disk", State.NOTE, f"{detail}; a model needs {largest / _GIB:.1f}", "free some space"
        )
    else:
        yield Sign("disk", State.OK, detail)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def threads(patient: Patient) -> Iterator[Sign]:
    """How many threads the model may compute with."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    chosen = patient.machine.threads
    how = f"{chosen} as set" if chosen else "chosen by pilotfish"
    detail = f"{cores} cores for this process; the model's threads: {how}"
    if chosen > cores:
        yield Sign("threads", State.NOTE, detail, f"set threads to {cores} or less, or to 0")
    else:
        yield Sign("threads", State.OK, detail)
