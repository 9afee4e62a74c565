"""What a run shows of control flow, to hold graphs against: pairs of consecutive lines per frame.

Used by the test of the views and by ``benchmarks.cfg_truth``.
"""

from __future__ import annotations

import dis
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from analysis.views.flow import ENTRY, EXIT, RAISE, FlowGraph, NodeKind
from benchmarks.byte_code import RAISED, RETURNED, unwritten

#: One code object: file, qualified name, first line (1-based).
Code = tuple[str, str, int]

#: What stands for the line before the first.
BEGIN = 0

_YIELDS = frozenset(
    dis.opmap[name] for name in ("YIELD_VALUE", "RETURN_GENERATOR") if name in dis.opmap
)
_RETURNS = frozenset(
    dis.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in dis.opmap
)


class LineTracer:
    """Records, for every code object of some files, which line followed which (1-based).

    :data:`BEGIN` is the entry, :data:`RETURNED` and :data:`RAISED` the exits. Pairs are kept per
    frame, so a generator that sleeps goes on where it was.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(files)
        self.pairs: dict[Code, set[tuple[int, int]]] = defaultdict(set)
        #: By identity, with the code objects themselves: hashing one costs more than a line.
        self._known: dict[int, tuple[CodeType, set[tuple[int, int]], frozenset[int]]] = {}

    def run(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call ``function`` under the tracer; what it raises is part of the run."""
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            function(*arguments)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def _enter(self, frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in self._files:
            return None
        known = frame.f_trace
        if isinstance(getattr(known, "__self__", None), _FrameTracer):
            return known  # a generator goes on
        code = frame.f_code
        if id(code) not in self._known:
            self._known[id(code)] = (code, self.pairs[_key(code)], unwritten(code))
        _, pairs, noise = self._known[id(code)]
        return _FrameTracer(pairs, noise).step


class _FrameTracer:
    """The tracer of one frame."""

    def __init__(self, pairs: set[tuple[int, int]], noise: frozenset[int]) -> None:
        self._pairs, self._noise = pairs, noise
        self._previous = BEGIN

    def step(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line" and frame.f_lasti not in self._noise:
            self._pairs.add((self._previous, frame.f_lineno))
            self._previous = frame.f_lineno
        elif event == "return":
            operation = frame.f_code.co_code[frame.f_lasti] if frame.f_lasti >= 0 else -1
            if operation in _RETURNS:
                self._pairs.add((self._previous, RETURNED))
            elif operation not in _YIELDS:
                self._pairs.add((self._previous, RAISED))
        return self.step


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
    that compile to nothing. Exceptions that leave the code object are looked for at ``raise`` and
    ``assert`` alone: elsewhere they are no edges.
    """
    successors: dict[int, set[int]] = defaultdict(set)
    for edge in graph.edges:
        successors[edge.source].add(edge.target)
    # The compiler may drop a ``pass``, and gives the line of another statement to some.
    silent = {node.id for node in graph.nodes if node.silent or node.label == "pass"}
    certain = {
        node.id
        for node in graph.nodes
        if node.label.startswith(("raise", "assert")) and node.kind is not NodeKind.WITH_EXIT
    }

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
        before = {ENTRY} if source == BEGIN else nodes_at(graph, source)
        if target == RAISED:
            if not before or not before <= certain:
                continue
            after = {RAISE}
        else:
            after = {EXIT} if target == RETURNED else nodes_at(graph, target)
        if before & after or any(reached(node) & after for node in before):
            continue
        lacking.append(Missing(graph.name, source, target))
    return lacking


def in_body(graph: FlowGraph, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """``pairs`` with the lines of a header as the entry: a class body first notes its own name."""
    first = min((node.span.line + 1 for node in graph.nodes if node.span), default=0)
    found = {(s if s >= first else BEGIN, t if t >= first or t < 0 else BEGIN) for s, t in pairs}
    return {(source, target) for source, target in found if target != BEGIN}


def nodes_at(graph: FlowGraph, line: int) -> set[int]:
    """The innermost nodes whose span holds ``line`` (1-based), and every ``with`` left there.

    Entering and leaving an item of a ``with`` may be given any line of the header.
    """
    holding = [
        node
        for node in graph.nodes
        if node.span is not None and node.span.line <= line - 1 <= node.span.end_line
    ]
    left = {node.id for node in holding if node.kind is NodeKind.WITH_EXIT}
    headers = {node.span for node in holding if node.id in left}
    at = [
        (node.span.end_line - node.span.line, node.id)
        for node in holding
        if node.span is not None and node.id not in left
    ]
    shortest = min((height for height, _ in at), default=0)
    entered = {
        node.id
        for node in graph.nodes
        if node.kind is NodeKind.WITH
        and node.span
        and any(h and h.line <= node.span.line <= h.end_line for h in headers)
    }
    return left | entered | {node for height, node in at if height == shortest}


def graph_of(graphs: Iterable[FlowGraph], code: Code) -> FlowGraph | None:
    """The graph of a code object, ``None`` for lambdas and comprehensions."""
    _, name, first_line = code
    named = [graph for graph in graphs if graph.name == name]
    # Functions of one name may be defined twice; a decorator comes before the ``def``.
    return min(named, key=lambda g: abs(g.first_line + 1 - first_line), default=None)
