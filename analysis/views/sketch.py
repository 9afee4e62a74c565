"""The nodes and edges of a graph that is being built."""

from __future__ import annotations

import ast
from dataclasses import replace

from analysis.views.flow import EXIT, RAISE, EdgeKind, FlowEdge, FlowGraph, Node, NodeKind, Span
from analysis.views.places import Places

#: Nodes whose successor is not known yet, with the kind of the edge that will leave them.
Frontier = list[tuple[int, EdgeKind]]


class Sketch:
    """A graph that grows; ``syntax`` is what each node evaluates."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.syntax: list[ast.AST | None] = [None, None, None]
        self.nodes: list[Node] = [
            Node(0, NodeKind.ENTRY, "entry"),
            Node(EXIT, NodeKind.EXIT, "exit"),
            Node(RAISE, NodeKind.RAISE, "raise"),
        ]
        self._edges: dict[FlowEdge, None] = {}

    def graph(self, name: str, first: int) -> FlowGraph:
        """What has been drawn; ``first`` is the line that it begins at."""
        return FlowGraph(name, tuple(self.nodes), tuple(self._edges), first)

    def add(
        self,
        kind: NodeKind,
        start: ast.AST,
        frontier: Frontier,
        *,
        end: ast.AST | None = None,
        syntax: ast.AST | None = None,
        silent: bool = False,
    ) -> int:
        """A node that spans ``start`` to ``end``, entered from ``frontier``.

        ``syntax`` is what it evaluates, where that is not ``start``.
        """
        span = self._places.span(start, end)
        node = Node(len(self.nodes), kind, self._places.label(span), span, silent)
        self.nodes.append(node)
        self.syntax.append(syntax or start)
        self.connect(frontier, node.id)
        return node.id

    def connect(self, frontier: Frontier, target: int) -> None:
        """Edges from a frontier to ``target``."""
        for source, kind in frontier:
            self._edges[FlowEdge(source, target, kind)] = None

    def respan(self, node: int, span: Span, label: str | None = None) -> None:
        """Let a node stand at another place; its label is the text there unless one is given."""
        text = self._places.label(span) if label is None else label
        self.nodes[node] = replace(self.nodes[node], label=text, span=span)

    def shorten(self, node: int, word: str) -> None:
        """Let a node span the keyword that it begins with, and nothing else."""
        span = self.nodes[node].span
        assert span is not None
        short = Span(span.line, span.character, span.line, span.character + len(word))
        self.respan(node, short, word)

    def lengthen(self, node: int, last: Span) -> None:
        """Let a node span everything to the end of ``last``."""
        span = self.nodes[node].span
        assert span is not None
        long = Span(span.line, span.character, last.end_line, last.end_character)
        self.respan(node, long)
