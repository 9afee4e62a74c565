"""What an indexer of a graph is started with, what it reads and what it answers.

Apart from ``indexer``, which is run as a program and must not have been imported before.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.snapshot import Workspace
from analysis.text.overlay import Buffer


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at: ``paths``, or all files. ``buffers`` are the files that are open."""

    paths: tuple[str, ...] | None
    buffers: tuple[Buffer, ...] = ()


@dataclass(frozen=True, slots=True)
class LookResult:
    """What a request came to: ``stage`` is empty when it is done, else how far it is; ``store`` is
    the file that holds the graph, another one once the workspace has another environment."""

    stage: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    problem: str = ""
    store: str = ""


@dataclass(frozen=True, slots=True)
class GraphPlace:
    """Which graph is kept: its workspace and the folder of graphs, the user's cache by default."""

    workspace: Workspace
    folder: str | None = None


#: What an indexer reads, and writes.
REQUESTS, REPLIES = {"Look": Look}, {"LookResult": LookResult}
