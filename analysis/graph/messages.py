"""What a keeper of a graph is started with and what it answers.

Apart from ``keeper``, which is run as a program and must not have been imported before.
"""

from __future__ import annotations

import msgspec

from analysis.snapshot import Workspace


class Look(msgspec.Struct, array_like=True, frozen=True):
    """What to look at: ``paths``, or all files. ``buffers`` are texts of open files that the keeper
    does not know yet, ``None`` for what has been closed."""

    paths: list[str] | None
    buffers: dict[str, str | None] = {}


class Looked(msgspec.Struct, array_like=True, frozen=True):
    """What a request came to: ``stage`` is empty when it is done, else how far it is."""

    stage: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    problem: str = ""


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Which graph is kept: its workspace and the folder of graphs, the user's cache by default."""

    workspace: Workspace
    folder: str | None = None
