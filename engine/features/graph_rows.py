"""Questions to the code graph about names, answered in rows: ``pilotfish graph`` and ``mcp``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.snapshot import Workspace
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.graph import Graph, GraphUse, Reached
    from engine.context import Context

Row = dict[str, Any]
#: The questions, and what each is asked about.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "query": ("CYPHER",),
    "callers": ("NAME",),
    "callees": ("NAME",),
    "subclasses": ("NAME",),
    "uses": ("NAME",),
    "impact": ("NAME",),
    "path": ("A", "B"),
    "stats": (),
}


@dataclass(frozen=True, slots=True)
class GraphRowsAnswer:
    """One row for each use, symbol or match; lines and characters are 0-based, ``how`` is the
    evidence (``exact`` or ``by name``)."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class GraphRowsRequest(Request[GraphRowsAnswer]):
    """One of :data:`QUESTIONS` about ``words``: qualified names, or ends of them."""

    workspace: Workspace
    question: str
    words: tuple[str, ...]


def rows(graph: Graph, question: str, words: tuple[str, ...]) -> list[Row]:
    """Ask ``graph``. Raises :class:`~analysis.errors.AnalysisError` for a name that the graph does
    not know, and for a question that is none or has other words."""
    from analysis.errors import AnalysisError

    takes = QUESTIONS.get(question)
    if takes is None or len(words) != len(takes):
        raise AnalysisError(
            f"graph {question} takes {' and '.join(takes or ()) or 'nothing more'}"
            if takes is not None
            else f"unknown question {question!r}",
            where=" ".join(["graph", question, *words]),
            help=f"pilotfish graph {' '.join([question, *takes])}" if takes else "",
        )
    return _ANSWERS[question](graph, *words)


def _uses(uses: Iterable[GraphUse]) -> list[Row]:
    return [
        {
            "qualified_name": use.node.qualified_name,
            "label": use.node.kind,
            "kind": use.kind,
            "how": use.how,
            "path": use.path,
            "line": use.span[0],
            "character": use.span[1],
            "end_line": use.span[2],
            "end_character": use.span[3],
        }
        for use in uses
    ]


def _reached(found: Iterable[Reached]) -> list[Row]:
    return [
        {
            "qualified_name": reached.node.qualified_name,
            "label": reached.node.kind,
            "distance": reached.distance,
            "how": reached.how,
            "path": reached.node.path,
            "line": reached.node.name_span[0],
            "character": reached.node.name_span[1],
        }
        for reached in found
    ]


_ANSWERS: dict[str, Callable[..., list[Row]]] = {
    "query": lambda graph, cypher: graph.query(cypher),
    "callers": lambda graph, name: _uses(graph.callers(name)),
    "callees": lambda graph, name: _uses(graph.callees(name)),
    "subclasses": lambda graph, name: _reached(graph.subclasses(name)),
    "uses": lambda graph, name: _uses(graph.uses(name)),
    "impact": lambda graph, name: _reached(graph.impact(name)),
    "path": lambda graph, start, end: _uses(graph.path(start, end)),
    "stats": lambda graph: [
        {"what": what, "count": count} for what, count in graph.stats().items()
    ],
}


def _run(request: GraphRowsRequest, context: Context, caller: Caller) -> GraphRowsAnswer:
    found = context.graphs.ask(
        request.workspace,
        lambda graph: rows(graph, request.question, request.words),
        caller.progress,
    )
    return GraphRowsAnswer(tuple(found))


ROUTE = Route(GraphRowsRequest, GraphRowsAnswer, _run, Lane.GRAPH)
