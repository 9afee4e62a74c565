"""Which tests of a suite run ahead of the others: those that reach what a patch changes.

A suite may be longer than the time that is left; what it runs first should be what can break. The
code graph says which functions reach the changed ones, and from how far. It only orders: every test
of the suite counts as before, and what was not run is listed (invariant 9).
"""

from __future__ import annotations

import ast
import threading
from concurrent.futures import Future
from pathlib import Path

from analysis.deadline import Cancellation
from analysis.graph import IndexerClient, LookResult, Near, ReadOnlyGraph
from analysis.snapshot import Workspace

#: Functions that reach a change, the nearest first: further ones say nothing about what is first.
_MOST = 5000


class Ahead:
    """Asks the code graph of ``workspace``, which another process brings up to date meanwhile.

    That begins when it is asked to; who does not wait is answered by the graph as it was, or not
    at all. ``folder`` holds graphs, by default the user's cache.
    """

    def __init__(self, workspace: Workspace, folder: Path | None = None) -> None:
        self._glance = ReadOnlyGraph(workspace, folder)
        self._keeping = IndexerClient(workspace, folder)
        self._looking: Future[LookResult] | None = None

    def begin(self) -> None:
        """Look at the workspace as it is now."""
        self._looking = self._keeping.look(None)

    def wait(self, seconds: float, cancellation: Cancellation) -> bool:
        """Wait at most so long for what was begun; whether the graph is up to date now."""
        if self._looking is None:
            return False
        over = threading.Event()
        self._looking.add_done_callback(lambda _looking: over.set())
        forget = cancellation.on_cancel(over.set)
        over.wait(seconds)
        forget()
        ended = self._looking.done() and not self._looking.cancelled()
        return ended and self._looking.exception() is None

    def close(self) -> None:
        """End the process that looks at the workspace."""
        self._keeping.close()

    def of(self, path: str, before: bytes, after: bytes) -> tuple[Near, ...]:
        """The functions that reach what differs between two texts of the file ``path``; empty
        where the graph does not know."""
        return self._glance.reaching(path, changed(before, after))[:_MOST]


def changed(before: bytes, after: bytes) -> tuple[str, ...]:
    """The functions and methods (``Class.name``) that differ between two texts of a file, and
    ``""`` where anything else does; positions and comments do not count."""
    try:
        old, new = _parts(ast.parse(before)), _parts(ast.parse(after))
    except (SyntaxError, ValueError, RecursionError):
        return ("",)
    return tuple(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _parts(tree: ast.Module) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {"": []}

    def gather(body: list[ast.stmt], around: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                parts.setdefault(around + node.name, []).append(ast.dump(node))
            elif isinstance(node, ast.ClassDef):
                heads = (*node.bases, *node.keywords, *node.decorator_list)
                parts.setdefault(around + node.name, []).extend(map(ast.dump, heads))
                gather(node.body, f"{around}{node.name}.")
            else:
                # What stands in a class body is the class's, what stands in a module its own.
                parts.setdefault(around.rstrip("."), []).append(ast.dump(node))

    gather(tree.body, "")
    return parts
