"""What a graph that has been built already says, for those who will not wait for one.

Prompts and repair ask here: nothing is indexed, nothing is raised, and where there is no graph
(yet) or it does not know the name, the answer is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from analysis.errors import AnalysisError
from analysis.graph.graph import Graph
from analysis.graph.questions import Reached
from analysis.graph.rank import Ranked
from analysis.snapshot import Workspace

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Glance:
    """The graph of ``workspace`` as it is. ``folder`` holds graphs, by default the user's cache.

    Each question opens the store and closes it: it may come from any thread and takes milliseconds.
    """

    workspace: Workspace
    folder: Path | None = None

    def related(self, path: str, line: int, most: int = 20) -> tuple[Ranked, ...]:
        """The ``most`` definitions that matter most to the code at ``line`` (from 0) of ``path``.

        By personalized PageRank (``rank``), best first; ``path`` is absolute.
        """
        return self._ask(lambda graph: tuple(graph.related(path, line, most)))

    def tests_reaching(self, qualified_name: str) -> tuple[Reached, ...]:
        """The tests that reach ``qualified_name`` (or the one definition that ends in it), the
        nearest first. No answer does not mean that no test does."""
        return self._ask(lambda graph: tuple(graph.tests_reaching(qualified_name)))

    def _ask(self, question: Callable[[Graph], tuple[Value, ...]]) -> tuple[Value, ...]:
        try:
            graph = Graph.built(self.workspace, self.folder)
            if graph is None:
                return ()
            with graph:
                return question(graph)
        except AnalysisError:
            return ()  # an unknown name, a store that cannot be opened: others have more to go by
