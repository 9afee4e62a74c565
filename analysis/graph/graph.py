"""The graph of a workspace: opened, brought up to date, asked."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import platformdirs
from filelock import FileLock

from analysis import heap
from analysis.environments.candidates import candidates
from analysis.environments.environment import Environment
from analysis.environments.static import read
from analysis.errors import AnalysisError
from analysis.graph.facts import Span
from analysis.graph.indexing import Indexer, Progress, silent
from analysis.graph.queries import naming, questions
from analysis.graph.queries.naming import GraphNode
from analysis.graph.queries.questions import GraphUse, Near, RankedNode, Reached, related
from analysis.graph.queries.walking import Walks
from analysis.graph.store import Outside, Store
from analysis.lint.selection import reaches, select
from analysis.snapshot import Workspace
from analysis.text import overlay
from analysis.text.files import shown_path


def cache_folder() -> Path:
    """Where graphs are kept: the user's cache folder, never a workspace."""
    return Path(platformdirs.user_cache_dir("pilotfish")) / "graph"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()


def _place(environment: Environment, workspace: Workspace, folder: Path | None) -> Path:
    """The store of ``workspace`` under its interpreter."""
    key = _digest(f"{environment.executable}\0{environment.version_text}")
    return (folder or cache_folder()) / _digest(workspace.root) / f"{key}.sqlite"


def has_graph(root: Path, folder: Path | None = None) -> bool:
    """Whether a graph of ``root`` has been built."""
    place = (folder or cache_folder()) / _digest(str(root))
    return place.is_dir() and any(place.glob("*.sqlite"))


class Graph:
    """The code graph of one workspace. Nothing of the workspace is run, only read.

    A graph is for one thread. It answers from what was on disk at the last :meth:`refresh`;
    another process may refresh the same graph meanwhile.
    """

    def __init__(
        self, workspace: Workspace, folder: Path | None = None, place: Path | None = None
    ) -> None:
        """Open the store at ``place``; by default, that of the workspace's environment."""
        self.workspace = workspace
        self._folder = folder
        self.environment: Environment = read(candidates(workspace)[0])
        self.place = place or _place(self.environment, workspace, folder)
        self.store = Store(self.place)
        self._lock = FileLock(self.place.with_suffix(".lock"), mode=0o600)
        self._walks = Walks(self.store.db)

    @classmethod
    def built(cls, workspace: Workspace, folder: Path | None = None) -> Graph | None:
        """The graph of ``workspace`` if one has been built; nothing is made where none was."""
        environment = read(candidates(workspace)[0])
        return cls(workspace, folder) if _place(environment, workspace, folder).exists() else None

    @cached_property
    def _indexer(self) -> Indexer:
        # Made late: who only asks needs none of what it remembers.
        return Indexer(self.store, self.workspace.root, Outside(self.environment))

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Give back the memory that building took: what the next change needs is read again."""
        self.__dict__.pop("_indexer", None)
        gc.collect()
        self.store.db.execute("PRAGMA shrink_memory")
        heap.trim()

    def close(self) -> None:
        """Give the store back."""
        self.store.close()

    @property
    def is_current(self) -> bool:
        """Whether this is the graph of the environment that the workspace has now."""
        environment = read(candidates(self.workspace)[0])
        return self.place == _place(environment, self.workspace, self._folder)

    # -- keeping it true ---------------------------------------------------------------

    def refresh(self, paths: Iterable[str] | None = None, progress: Progress = silent) -> int:
        """Bring the graph up to date with the files as the overlay in force shows them; how many
        were resolved anew.

        With ``paths`` only those files are looked at (an editor saved them); what a look at the
        whole folder would pass over is passed over here too.
        """
        if paths is None:
            root = Path(self.workspace.root)
            # A name in bytes that are not UTF-8 is no module's, and no row of the store.
            paths = (str(file.path) for file in select([root], root))
            found = dict.fromkeys(path for path in paths if path == shown_path(path))
            buffers = overlay.files().open_below(self.workspace.root)
            found |= dict.fromkeys(p for p in buffers if p in found or reaches(Path(p), root))
            changed, gone = self._indexer.changes(found, self.store.files())
        else:
            known = self.store.files_at(named := list(paths))
            root = Path(self.workspace.root)
            changed, missing = self._indexer.changes(
                (path for path in named if path in known or reaches(Path(path), root)), known
            )
            gone = [row for row in missing if not overlay.files().digest(row.path)]
        if not changed and not gone and not self.store.unresolved():
            return 0
        with self._lock:
            return self._indexer.update(changed, gone, progress)

    # -- asking ------------------------------------------------------------------------

    def node(self, name: str, kinds: Iterable[str] = ()) -> GraphNode:
        """The node called ``name``. Raises :class:`~analysis.graph.UnknownNameError`."""
        return naming.find(self.store.db, name, tuple(kinds))

    def _known(self, name: str | GraphNode, kinds: Iterable[str] = ()) -> GraphNode:
        return name if isinstance(name, GraphNode) else self.node(name, kinds)

    def callers(self, name: str | GraphNode) -> list[GraphUse]:
        """What calls ``name``, one for each place."""
        return questions.callers(self.store.db, self._known(name, questions.CALLABLE))

    def callees(self, name: str | GraphNode) -> list[GraphUse]:
        """What ``name`` calls, one for each place."""
        return questions.callees(self.store.db, self._known(name, questions.CALLABLE))

    def subclasses(self, name: str | GraphNode) -> list[Reached]:
        """What inherits from ``name``, directly (distance 1) or not."""
        return questions.subclasses(self._walks, self._known(name, ("CLASS",)))

    def supertypes(self, name: str | GraphNode) -> list[GraphNode]:
        """The bases of class ``name``."""
        return questions.supertypes(self.store.db, self._known(name, ("CLASS",)))

    def uses(self, name: str | GraphNode) -> list[GraphUse]:
        """Every use of ``name``."""
        return questions.uses(self.store.db, self._known(name))

    def impact(self, name: str | GraphNode) -> list[Reached]:
        """What a change of ``name`` may reach."""
        return questions.impact(self._walks, self._known(name))

    def tests_reaching(self, name: str | GraphNode) -> list[Reached]:
        """The tests that reach ``name``, the nearest first."""
        return questions.tests_reaching(self._walks, self._known(name))

    def reaching(self, path: str, qualnames: Iterable[str]) -> list[Near]:
        """The functions and methods that reach one of ``qualnames`` of the file ``path``, each of
        the nearest, those themselves too; ``""`` stands for the module."""
        return questions.reaching(self._walks, self.store.db, path, qualnames)

    def path(self, start: str | GraphNode, end: str | GraphNode) -> list[GraphUse]:
        """A shortest way of calls from ``start`` to ``end``."""
        return questions.path(self._walks, self.store.db, self._known(start), self._known(end))

    def at(self, path: str, line: int, character: int) -> list[GraphNode]:
        """What the name at a place defines or uses; nothing on a local variable."""
        return naming.nodes_at(self.store.db, path, line, character)

    def around(self, path: str, line: int) -> GraphNode | None:
        """The innermost function, class or module that holds ``line``."""
        return naming.definition_around(self.store.db, path, line)

    def references(self, path: str, line: int, character: int) -> list[GraphUse]:
        """Every use of what stands at a place, in all files; not its definition.

        Those in ``path`` itself, by ``kind``, are what an editor highlights.
        """
        found: dict[tuple[str, Span], GraphUse] = {}
        for node in self.at(path, line, character):
            for use in questions.uses(self.store.db, node):
                found.setdefault((use.path, use.span), use)
        return sorted(found.values(), key=lambda use: (use.path, use.span))

    def symbols(self, query: str, most: int = 100) -> list[GraphNode]:
        """Definitions whose name holds the letters of ``query`` in order, best first."""
        return naming.symbols(self.store.db, query, most)

    def related(self, path: str, line: int, most: int = 20) -> list[RankedNode]:
        """What matters most to the code at ``line``, by personalized PageRank.

        Starts at the function or class around the line and, with less, at its file.
        """
        here = self.around(path, line)
        module = self.around(path, 0) if here is not None else None
        start: dict[int, float] = {}
        if module is not None:
            start[module.id] = 0.3
        if here is not None:
            start[here.id] = start.get(here.id, 0.0) + 0.7
        return related(self.store.db, start, most)

    def query(self, cypher: str) -> list[dict[str, Any]]:
        """The rows of a Cypher query.

        Raises :class:`~analysis.graph.queries.cypher.CypherError`.
        """
        # Imported late: its engine is an extra, and loads the graph.
        from analysis.graph.queries.cypher import query

        return query(self.store.db, cypher)

    def stats(self) -> dict[str, int]:
        """How many of each kind of node and edge there are."""
        return questions.stats(self.store.db)


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
