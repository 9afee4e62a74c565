"""What a graph that has been built already says, for those who will not wait for one.

Repair asks here: nothing is indexed, nothing is raised, and where there is no graph
(yet) or it does not know the name, the answer is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from analysis.errors import AnalysisError
from analysis.graph.graph import Graph
from analysis.graph.queries.questions import Near
from analysis.snapshot import Workspace

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ReadOnlyGraph:
    """The graph of ``workspace`` as it is. ``folder`` holds graphs, by default the user's cache.

    Each question opens the store and closes it: it may come from any thread and takes milliseconds.
    """

    workspace: Workspace
    folder: Path | None = None

    def reaching(self, path: str, qualnames: Iterable[str]) -> tuple[Near, ...]:
        """The functions and methods that reach one of ``qualnames`` of the file ``path`` (absolute;
        ``""`` is its module), the nearest first. No answer does not mean that none does."""
        return self._ask(lambda graph: tuple(graph.reaching(path, qualnames)))

    def _ask(self, question: Callable[[Graph], tuple[Value, ...]]) -> tuple[Value, ...]:
        try:
            graph = Graph.built(self.workspace, self.folder)
            if graph is None:
                return ()
            with graph:
                return question(graph)
        except AnalysisError:
            return ()  # an unknown name, a store that cannot be opened: others have more to go by
