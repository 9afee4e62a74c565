"""Keeps the graph of one workspace true to the disk, in a process of its own.

Resolving is computing: in the engine it would take time from every token of a completion. Requests
are the paths to look at (none: all files of the folder) and the files that are open; replies are
progress, then the outcome. The overlay is made for each request, so it is never old.
The process ends with its input. See ``indexer_client`` for the other side.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from analysis.children import take_the_wire
from analysis.errors import ExplainedError
from analysis.graph.graph import Graph
from analysis.graph.messages import REQUESTS, GraphPlace, Look, LookResult
from analysis.text.overlay import Overlay, looking_through

#: How much it yields to what a person waits for (nice(2)).
_NICE = 10
#: After so many files were resolved at once, what was kept of them is forgotten: 84,000 lines leave
#: 217 MB, of which 93 stay.
_MANY = 100


def serve(place: GraphPlace) -> None:
    """Answer one request after the other until the input ends."""
    channel = take_the_wire(REQUESTS)
    graph: Graph | None = None
    for message in channel.messages():
        if isinstance(message.body, Look):
            graph = _look(graph, place, message.body, partial(channel.send, message.id))


def _look(
    graph: Graph | None, place: GraphPlace, look: Look, tell: Callable[[LookResult], bool]
) -> Graph | None:
    """Refresh ``graph``, or that of another environment where the workspace has one now.

    Returns the graph that was refreshed; ``None`` where none could be opened.
    """

    def far(stage: str, done: int, total: int) -> None:
        tell(LookResult(stage, done, total))

    began, paths = time.monotonic(), look.paths
    try:
        if graph is not None and paths is None and not graph.is_current:
            graph.close()
            graph = None
        if graph is None:
            graph = Graph(place.workspace, Path(place.folder) if place.folder else None)
            paths = None  # what changed before the first look was told to nobody
        with looking_through(Overlay(look.buffers, stable=True)):
            count = graph.refresh(paths, far)
        seconds = time.monotonic() - began
        tell(LookResult("", count, count, seconds, store=str(graph.place)))
        if count >= _MANY:
            graph.forget()
    except ExplainedError as error:
        tell(LookResult(problem=str(error)))
    return graph


if __name__ == "__main__":
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    serve(msgspec.json.decode(sys.argv[1], type=GraphPlace))
    os._exit(0)
