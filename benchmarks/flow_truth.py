"""What a run shows of control flow, to hold graphs against: pairs of consecutive lines per frame.

Used by the test of the views and by ``benchmarks.cfg_truth``.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from analysis.views.flow import ENTRY, FlowGraph, NodeKind

#: One code object: file, qualified name, first line (1-based).
Code = tuple[str, str, int]


class LineTracer:
    """Records, for every code object of some files, which line followed which (1-based; 0 is the
    entry). Pairs are kept per frame, so a generator that sleeps goes on where it was."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(files)
        self._previous: dict[FrameType, int] = {}
        self.pairs: dict[Code, set[tuple[int, int]]] = defaultdict(set)

    def run(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call ``function`` under the tracer; what it raises is part of the run."""
        sys.settrace(self._enter)
        try:
            function(*arguments)
        except Exception:  # noqa: BLE001 - a run that ends in an exception is a run
            pass
        finally:
            sys.settrace(None)
            self._previous.clear()

    def _enter(self, frame: FrameType, event: str, _argument: object) -> Any:
        return self._line if frame.f_code.co_filename in self._files else None

    def _line(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            self.pairs[_key(frame.f_code)].add((self._previous.get(frame, 0), frame.f_lineno))
            self._previous[frame] = frame.f_lineno
        return self._line


def _key(code: CodeType) -> Code:
    return code.co_filename, code.co_qualname, code.co_firstlineno


@dataclass(frozen=True)
class Missing:
    """A pair of lines that a run showed and a graph does not have."""

    graph: str
    source: int
    target: int


def missing_pairs(graph: FlowGraph, pairs: Iterable[tuple[int, int]]) -> list[Missing]:
    """The pairs that are no edge of ``graph``.

    A pair within one node (a statement of several lines) is none, and a way may lead through nodes
    that compile to nothing.
    """
    successors: dict[int, set[int]] = defaultdict(set)
    for edge in graph.edges:
        successors[edge.source].add(edge.target)
    silent = {node.id for node in graph.nodes if node.silent}

    def reached(source: int) -> set[int]:
        found: set[int] = set()
        stack = list(successors[source])
        while stack:
            node = stack.pop()
            if node not in found:
                found.add(node)
                if node in silent:
                    stack.extend(successors[node])
        return found

    lacking = []
    for source, target in sorted(in_body(graph, pairs)):
        before = {ENTRY} if source == 0 else nodes_at(graph, source)
        after = nodes_at(graph, target)
        if before & after or any(reached(node) & after for node in before):
            continue
        lacking.append(Missing(graph.name, source, target))
    return lacking


def in_body(graph: FlowGraph, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """``pairs`` with the lines of a header as the entry: a class body first notes its own name."""
    first = min((node.span.line + 1 for node in graph.nodes if node.span), default=0)
    found = {(s if s >= first else 0, t if t >= first else 0) for s, t in pairs}
    return {(source, target) for source, target in found if target}


def nodes_at(graph: FlowGraph, line: int) -> set[int]:
    """The innermost nodes whose span holds ``line`` (1-based), and every ``with`` left there."""
    holding = [
        node
        for node in graph.nodes
        if node.span is not None and node.span.line <= line - 1 <= node.span.end_line
    ]
    left = {node.id for node in holding if node.kind is NodeKind.WITH_EXIT}
    at = [
        (node.span.end_line - node.span.line, node.id)
        for node in holding
        if node.span is not None and node.id not in left
    ]
    shortest = min((height for height, _ in at), default=0)
    return left | {node for height, node in at if height == shortest}


def graph_of(graphs: Iterable[FlowGraph], code: Code) -> FlowGraph | None:
    """The graph of a code object, ``None`` for lambdas and comprehensions."""
    _, name, first_line = code
    named = [graph for graph in graphs if graph.name == name]
    # Functions of one name may be defined twice; a decorator comes before the ``def``.
    return min(named, key=lambda g: abs(g.first_line + 1 - first_line), default=None)
