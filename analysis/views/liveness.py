"""Live names: which may still be read after a point of a control-flow graph.

The classical backward analysis (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd ed., §9.2.5), on the
statements of one code object. An exception may leave a statement before it has written anything, so
what its handler reads is live before it, whatever it writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from tree_sitter import Node as SyntaxNode

from analysis.program.scopes import BindingManner, Scope, ScopeKind
from analysis.views.flow import EXIT, RAISE, EdgeKind, FlowGraph, NodeKind, Span


class NameAccess(Enum):
    """What a statement does to a name."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Accessed:
    """A name at a place: 0-based line and UTF-8 byte column."""

    name: str
    line: int
    column: int
    use: NameAccess


@dataclass(frozen=True, slots=True)
class NodeNames:
    """What one node reads before it writes, and what it writes or deletes."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Liveness:
    """The names that are live before and after each node, by its id."""

    before: Mapping[int, frozenset[str]]
    after: Mapping[int, frozenset[str]]


def occurrences(scope: Scope) -> Iterator[Accessed]:
    """What the statements of a scope do to its names, in no particular order.

    Lambdas and comprehensions belong to the statement that they are in. A nested function or class
    reads, where it is defined, what its body takes from around it.
    """
    waiting: list[tuple[Scope, frozenset[str]]] = [(scope, frozenset())]
    while waiting:
        inner, hidden = waiting.pop()
        bound = {binding.node.start_byte: binding.manner for binding in inner.places}
        for node in inner.names:
            name = scope.tree.slice(node)
            if name in hidden:
                continue
            manner = bound.get(node.start_byte)
            if manner is None and _is_walrus(node):
                manner = BindingManner.WALRUS
            if manner in (None, BindingManner.AUGMENTED, BindingManner.BROKEN):
                yield Accessed(name, *node.start_point, NameAccess.READ)
            if manner not in (None, BindingManner.BROKEN):
                use = NameAccess.DELETE if manner is BindingManner.DELETION else NameAccess.WRITE
                yield Accessed(name, *node.start_point, use)
        for each in inner.inner:
            if each.kind in (ScopeKind.LAMBDA, ScopeKind.COMPREHENSION):
                waiting.append((each, hidden.union(each.bindings)))
            else:
                for name in each.free - hidden:
                    yield Accessed(name, *each.node.start_point, NameAccess.READ)


def _is_walrus(node: SyntaxNode) -> bool:
    walrus = node.parent
    if walrus is None or walrus.type != "named_expression":
        return False
    return walrus.child_by_field_name("name") == node


def names_of_nodes(graph: FlowGraph, found: Iterable[Accessed]) -> dict[int, NodeNames]:
    """The names of each node of ``graph``: those of ``found`` within its span and no smaller one.

    Columns of ``found`` are UTF-8 bytes and those of spans code points; only text that is not
    ASCII and stands before a name on a line with several statements can tell them apart.
    """
    spans = [
        (node.span, node.id)
        for node in graph.nodes
        if node.span is not None and node.kind is not NodeKind.WITH_EXIT
    ]
    by_line: dict[int, list[tuple[Span, int]]] = defaultdict(list)
    for span, node in spans:
        for line in range(span.line, span.end_line + 1):
            by_line[line].append((span, node))
    uses: dict[int, dict[NameAccess, set[str]]] = defaultdict(lambda: defaultdict(set))
    for occurrence in found:
        place = (occurrence.line, occurrence.column)
        around = [
            (span.end_line - span.line, span.end_character - span.character, node)
            for span, node in by_line[place[0]]
            if (span.line, span.character) <= place <= (span.end_line, span.end_character)
        ]
        if around:
            uses[min(around)[2]][occurrence.use].add(occurrence.name)
    return {
        node: NodeNames(
            frozenset(kinds[NameAccess.READ]),
            frozenset(kinds[NameAccess.WRITE]),
            frozenset(kinds[NameAccess.DELETE]),
        )
        for node, kinds in uses.items()
    }


def liveness(
    graph: FlowGraph, names: Mapping[int, NodeNames], at_exit: frozenset[str] = frozenset()
) -> Liveness:
    """Live names around each node; ``at_exit`` are those that somebody may read afterwards."""
    forward: dict[int, list[int]] = defaultdict(list)
    failing: dict[int, list[int]] = defaultdict(list)
    backward: dict[int, list[int]] = defaultdict(list)
    for edge in graph.edges:
        kept = failing if edge.kind is EdgeKind.EXCEPTION else forward
        kept[edge.source].append(edge.target)
        backward[edge.target].append(edge.source)
    nothing = NodeNames()
    before: dict[int, frozenset[str]] = {node.id: frozenset() for node in graph.nodes}
    after = dict(before)
    before[EXIT] = before[RAISE] = at_exit
    waiting = [node.id for node in reversed(graph.nodes) if node.id not in (EXIT, RAISE)]
    queued = set(waiting)
    waiting.reverse()
    while waiting:
        node = waiting.pop()
        queued.discard(node)
        own = names.get(node, nothing)
        out = frozenset[str]().union(*(before[target] for target in forward[node]))
        thrown = frozenset[str]().union(*(before[target] for target in failing[node]))
        after[node] = out | thrown
        new = own.reads | (out - own.writes - own.deletes) | thrown
        if new != before[node]:
            before[node] = new
            for source in backward[node]:
                if source not in queued:
                    queued.add(source)
                    waiting.append(source)
    return Liveness(before, after)
