"""Questions to the code graph: what a symbol is, what uses it, what a change of it may reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from analysis.snapshot import Workspace
from analysis.symbols import Link, Symbol
from analysis.text.overlay import Buffer
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.graph import Graph, GraphNode, GraphUse
    from engine.context import Context

#: Symbols that a search answers with at most.
MOST_SYMBOLS = 200


class GraphQuestion(StrEnum):
    """What can be asked of the code graph about the symbol at a position."""

    PREPARE = "prepare"
    """Which symbol is it?"""
    CALLERS = "callers"
    CALLEES = "callees"
    REFERENCES = "references"
    SUPERTYPES = "supertypes"
    SUBTYPES = "subtypes"
    IMPACT = "impact"
    """What calls it, and how many tests a change of it may reach?"""
    SYMBOLS = "symbols"
    """Which symbols have ``query`` in their name? Asks about no position."""


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """The symbol (``None``: no symbol of the graph stands there) and what it is linked to.
    ``tests`` counts tests that a change may reach, where that was asked."""

    symbol: Symbol | None = None
    links: tuple[Link, ...] = ()
    tests: int = 0


@dataclass(frozen=True, slots=True)
class GraphRequest(Request[GraphAnswer]):
    """A question about the symbol at a position (0-based line, 0-based code point) of ``path``;
    ``buffers`` are the files that are open, which stand over the disk."""

    workspace: Workspace
    question: GraphQuestion
    path: str = ""
    line: int = 0
    character: int = 0
    query: str = ""
    buffers: tuple[Buffer, ...] = ()


def answer(request: GraphRequest, graph: Graph) -> GraphAnswer:
    """Ask ``graph``."""
    if request.question is GraphQuestion.SYMBOLS:
        found = graph.symbols(request.query, MOST_SYMBOLS)
        return GraphAnswer(links=tuple(_link_to(node) for node in found))
    here = graph.at(request.path, request.line, request.character)
    if not here:
        return GraphAnswer()
    # A name may stand for several things (one of two functions, by a condition).
    links = [link for node in here for link in _ANSWERS[request.question](graph, node)]
    tests = 0
    if request.question is GraphQuestion.IMPACT:
        tests = len({test.node.id for node in here for test in graph.tests_reaching(node)})
    return GraphAnswer(_symbol(here[0]), tuple(dict.fromkeys(links)), tests)


def _uses(found: list[GraphUse]) -> list[Link]:
    return [Link(_symbol(use.node), use.kind, use.how, use.path, use.span) for use in found]


def _direct(graph: Graph, node: GraphNode) -> list[Link]:
    below = graph.subclasses(node) if node.kind == "CLASS" else []
    return [_link_to(reached.node) for reached in below if reached.distance == 1]


def _bases(graph: Graph, node: GraphNode) -> list[Link]:
    return [_link_to(base) for base in graph.supertypes(node)] if node.kind == "CLASS" else []


_ANSWERS: dict[GraphQuestion, Callable[[Graph, GraphNode], list[Link]]] = {
    GraphQuestion.PREPARE: lambda graph, node: [],
    GraphQuestion.CALLERS: lambda graph, node: _uses(graph.callers(node)),
    GraphQuestion.CALLEES: lambda graph, node: _uses(graph.callees(node)),
    GraphQuestion.REFERENCES: lambda graph, node: _uses(graph.uses(node)),
    GraphQuestion.SUPERTYPES: _bases,
    GraphQuestion.SUBTYPES: _direct,
    GraphQuestion.IMPACT: lambda graph, node: _uses(graph.callers(node)),
    GraphQuestion.SYMBOLS: lambda graph, node: [],
}


def _link_to(node: GraphNode) -> Link:
    """A link that has no place of its own: it stands where the symbol is."""
    return Link(_symbol(node), "", "exact", node.path, node.name_span)


def _symbol(node: GraphNode) -> Symbol:
    return Symbol(
        node.kind,
        node.name,
        node.qualified_name,
        node.path,
        node.span,
        node.name_span,
        node.signature,
        node.package,
    )


def _run(request: GraphRequest, context: Context, caller: Caller) -> GraphAnswer:
    """Ask the graph of the request's workspace."""
    return context.graphs.ask(
        request.workspace,
        lambda graph: answer(request, graph),
        caller.progress,
        request.path,
        request.buffers,
    )


ROUTE = Route(GraphRequest, GraphAnswer, _run, Lane.GRAPH)
