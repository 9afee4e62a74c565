"""``GraphRequest``: what a symbol is, what uses it, and what a change of it may reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from analysis.symbols import Link, Symbol
from engine.graphs import Graphs
from engine.messages import GraphAnswer, GraphQuestion, GraphRequest

if TYPE_CHECKING:
    from analysis.graph import Graph, Node, Use

#: Symbols that a search answers with at most.
MOST_SYMBOLS = 200


def graph(
    request: GraphRequest, graphs: Graphs, progress: Callable[[str, float], None]
) -> GraphAnswer:
    """Ask the graph of the request's workspace.

    Raises :class:`~analysis.errors.AnalysisError` for an unknown question.
    """
    if request.question not in _ANSWERS:
        raise AnalysisError(f"unknown question {request.question!r}", where="GraphRequest")
    return graphs.ask(
        request.workspace,
        lambda graph: _answer(request, graph),
        progress,
        request.path,
        request.buffers,
    )


def _answer(request: GraphRequest, graph: Graph) -> GraphAnswer:
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


def _uses(found: list[Use]) -> list[Link]:
    return [Link(_symbol(use.node), use.kind, use.how, use.path, use.span) for use in found]


def _direct(graph: Graph, node: Node) -> list[Link]:
    below = graph.subclasses(node) if node.kind == "CLASS" else []
    return [_link_to(reached.node) for reached in below if reached.distance == 1]


def _bases(graph: Graph, node: Node) -> list[Link]:
    return [_link_to(base) for base in graph.supertypes(node)] if node.kind == "CLASS" else []


_ANSWERS: dict[str, Callable[[Graph, Node], list[Link]]] = {
    GraphQuestion.PREPARE: lambda graph, node: [],
    GraphQuestion.CALLERS: lambda graph, node: _uses(graph.callers(node)),
    GraphQuestion.CALLEES: lambda graph, node: _uses(graph.callees(node)),
    GraphQuestion.REFERENCES: lambda graph, node: _uses(graph.uses(node)),
    GraphQuestion.SUPERTYPES: _bases,
    GraphQuestion.SUBTYPES: _direct,
    GraphQuestion.IMPACT: lambda graph, node: _uses(graph.callers(node)),
    GraphQuestion.SYMBOLS: lambda graph, node: [],
}


def _link_to(node: Node) -> Link:
    """A link that has no place of its own: it stands where the symbol is."""
    return Link(_symbol(node), "", "exact", node.path, node.name_span)


def _symbol(node: Node) -> Symbol:
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
