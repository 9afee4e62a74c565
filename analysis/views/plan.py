"""The block plan: what the tracer follows through a run, as plain data.

A *block* is a maximal chain of nodes of the control-flow graph that can only run one after the
other (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd ed., §8.4); an implicit exception leaves it in the
middle. A run is seen line by line, so blocks that share a line are one (``if x: y()``, ``a; b``).
The probe (``repair/sandbox/probe/blocks.py``) imports nothing of this: it is handed ``to_json``.
"""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum, StrEnum
from typing import Any

from tree_sitter import Node as SyntaxNode

from analysis.program.scopes import BindingManner, Scope, ScopeKind
from analysis.views.control_flow import Flow, flows
from analysis.views.data_flow import bound_here, place_of, scopes_of
from analysis.views.flow import EXIT, RAISE, EdgeKind, FlowEdge, FlowGraph, Node, NodeKind, Span
from analysis.views.places import FunctionNode, Places, parameters
from analysis.views.places import Scope as SyntaxScope

# -- live names: which may still be read after a point of a control-flow graph
#
# The classical backward analysis (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd ed., §9.2.5), on the
# statements of one code object. An exception may leave a statement before it has written anything,
# so what its handler reads is live before it, whatever it writes.


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


#: Where an edge leads that leaves the code object.
RETURNED, RAISED = -1, -2

_LEAVING = {EXIT: RETURNED, RAISE: RAISED}


class BlockKind(StrEnum):
    """What a block does with control at its end, or how it was come by."""

    STATEMENTS = "statements"
    BRANCH = "branch"
    """It ends in a condition: ``if``, ``assert``, a ``case``."""
    LOOP = "loop"
    """It holds the header of a ``for`` or ``while``."""
    HANDLER = "handler"
    WITH_EXIT = "with exit"
    """``__exit__`` runs; it stands at the line of its ``with``."""


class CodeKind(StrEnum):
    """What kind of code object it is."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    GENERATOR = "generator"
    COROUTINE = "coroutine"
    """``async def``, with or without ``yield``."""


@dataclass(frozen=True, slots=True)
class NextBlock:
    """A way on: to a block of the same code object, :data:`RETURNED` or :data:`RAISED`."""

    to: int
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One block. Lines are 0-based.

    ``statements`` are the first and last line of each statement (or header) in order. ``entry`` are
    the names live before it, ``exit`` those live after it and those it writes. ``loops`` are the
    blocks that head the loops it is in, outermost first; a header is in its own loop.
    """

    id: int
    kind: BlockKind
    statements: tuple[tuple[int, int], ...]
    entry: tuple[str, ...]
    exit: tuple[str, ...]
    next: tuple[NextBlock, ...]
    loops: tuple[int, ...] = ()

    @property
    def first_line(self) -> int:
        """Its first line."""
        return min((first for first, _ in self.statements), default=0)

    @property
    def last_line(self) -> int:
        """Its last line."""
        return max((last for _, last in self.statements), default=0)


@dataclass(frozen=True, slots=True)
class CodePlan:
    """The blocks of one code object, by their ids. ``first_line`` is that of the first decorator.

    ``name`` is the qualified name. ``globals`` are names that live in the module's namespace.
    """

    name: str
    kind: CodeKind
    first_line: int
    last_line: int
    parameters: tuple[str, ...]
    globals: tuple[str, ...]
    blocks: tuple[TextBlock, ...]

    def at(self, line: int) -> tuple[TextBlock, ...]:
        """The blocks that a 0-based line is in: one, or two where a ``with`` is left."""
        return tuple(b for b in self.blocks if any(f <= line <= e for f, e in b.statements))


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """The blocks of a file. ``hash`` is the SHA-256 of its text in UTF-8."""

    hash: str
    codes: tuple[CodePlan, ...]

    def to_json(self) -> dict[str, Any]:
        """As the probe reads it: JSON objects named and ordered like the fields here."""
        return asdict(self)

    def code_at(self, line: int) -> CodePlan | None:
        """The innermost code object whose statements a 0-based line belongs to."""
        around = [c for c in self.codes if c.at(line)]
        return min(around, key=lambda c: c.last_line - c.first_line, default=None)


def block_plan(source: str) -> BlockPlan:
    """The plan of a file. Raises ``SyntaxError``."""
    known = scopes_of(source)
    codes = [
        _code_plan(flow, known.get(place_of(flow.scope)))
        for flow in flows(ast.parse(source), Places(source))
    ]
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
    return BlockPlan(digest, tuple(codes))


def _code_plan(flow: Flow, scope: Scope | None) -> CodePlan:
    """The plan of one code object; ``scope`` is what tree-sitter makes of it, if it does."""
    node, graph = flow.scope, flow.graph
    bound: set[str] = set()
    around = scope
    while around is not None:
        # What a closure holds is seen too; what the module binds is not: it is no state of a call.
        if around is scope or around.kind is ScopeKind.FUNCTION:
            bound |= bound_here(around)
        around = around.around
    outer = scope.outer.items() if scope is not None and scope.around is not None else ()
    shared = {name for name, word in outer if word == "global"}
    found = occurrences(scope) if scope is not None else ()
    names = names_of_nodes(graph, (each for each in found if each.name in bound | shared))
    begin = 1
    if not isinstance(node, ast.Module):
        begin = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    last_line = max([begin, *(getattr(each, "end_lineno", None) or 1 for each in node.body)])
    at_exit = _read_later(scope, bound) if scope is not None else frozenset[str]()
    return CodePlan(
        name=graph.name,
        kind=_kind(node),
        first_line=begin - 1,
        last_line=last_line - 1,
        parameters=parameters(node),
        globals=tuple(sorted(shared)),
        blocks=_blocks(node, graph, names, liveness(graph, names, at_exit)),
    )


def _kind(scope: SyntaxScope) -> CodeKind:
    match scope:
        case ast.Module():
            return CodeKind.MODULE
        case ast.ClassDef():
            return CodeKind.CLASS
        case ast.AsyncFunctionDef():
            return CodeKind.COROUTINE
        case node:
            return CodeKind.GENERATOR if _yields(node.body) else CodeKind.FUNCTION


def _yields(body: Iterable[ast.AST]) -> bool:
    stack = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.ClassDef | FunctionNode | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))
    return False


def _read_later(scope: Scope, bound: set[str]) -> frozenset[str]:
    """What others may read when the code object has ended: names of a module or class body, and
    what inner functions take from this one."""
    if scope.kind is not ScopeKind.FUNCTION:
        return frozenset()
    captured: set[str] = set()
    stack = list(scope.inner)
    while stack:
        inner = stack.pop()
        if inner.kind is ScopeKind.COMPREHENSION:
            stack.extend(inner.inner)
        else:
            captured |= inner.free
    return frozenset(captured & bound)


# ---------------------------------------------------------------------- blocks


def _blocks(
    scope: SyntaxScope, graph: FlowGraph, names: Mapping[int, NodeNames], live: Liveness
) -> tuple[TextBlock, ...]:
    nodes = {node.id: node for node in graph.nodes if node.span is not None}
    groups = _chained(graph, _sharing_lines(nodes))
    ordered = sorted(groups, key=lambda members: _order(nodes[members[0]]))
    number = {node: index for index, members in enumerate(ordered) for node in members}
    number |= _LEAVING
    headers = _loops(scope, nodes, number)
    blocks = []
    for index, members in enumerate(ordered):
        first, last = nodes[members[0]], nodes[members[-1]]
        assert first.span is not None
        line = first.span.line
        written = frozenset[str]().union(*(names[n].writes for n in members if n in names))
        loops = [(start, -end, header) for start, end, header in headers if start <= line <= end]
        blocks.append(
            TextBlock(
                id=index,
                kind=_block_kind([nodes[n] for n in members], index, headers),
                statements=_lines(nodes[n] for n in members),
                entry=tuple(sorted(live.before[first.id])),
                exit=tuple(sorted(live.after[last.id] | written)),
                next=_ways_on(graph.edges, members, number),
                loops=tuple(header for _, _, header in sorted(loops)),
            )
        )
    return tuple(blocks)


def _order(node: Node) -> tuple[int, int, int]:
    assert node.span is not None
    return (node.span.line, node.span.character, node.id)


def _sharing_lines(nodes: Mapping[int, Node]) -> list[list[int]]:
    """Nodes in groups such that no two groups stand on one line, in order of the text.

    Leaving a ``with`` stands at the line of entering it and stays apart, unless the whole
    statement is on that line.
    """
    groups: list[list[int]] = []
    last_line = -1
    apart = {n.id for n in nodes.values() if n.kind is NodeKind.WITH_EXIT}
    for node in sorted((n for n in nodes.values() if n.id not in apart), key=_order):
        assert node.span is not None
        if groups and node.span.line <= last_line:
            groups[-1].append(node.id)
        else:
            groups.append([node.id])
        last_line = max(last_line, node.span.end_line)
    for leaving in sorted(apart):
        groups.append([leaving])
    return groups


def _chained(graph: FlowGraph, groups: list[list[int]]) -> list[list[int]]:
    """Join groups that can only run one after the other."""
    of = {node: index for index, members in enumerate(groups) for node in members}
    onward: dict[int, set[int]] = defaultdict(set)
    inward: dict[int, set[int]] = defaultdict(set)
    for edge in graph.edges:
        source, target = of.get(edge.source, -1), of.get(edge.target, -1)
        if source == target and not _goes_back(edge, groups[source]):
            continue
        inward[target].add(source)
        if edge.kind is not EdgeKind.EXCEPTION or target == -1:
            onward[source].add(target if edge.target in of else -1 - edge.target)
    # A condition ends its block even where its other way out is an exception (``assert``).
    ending = {n.id for n in graph.nodes if n.kind is NodeKind.TEST and not n.silent}
    leaving = {n.id for n in graph.nodes if n.kind is NodeKind.WITH_EXIT}
    joined: dict[int, int] = {}
    for index, members in enumerate(groups):
        if (ending | leaving) & set(members):
            continue
        (successor,) = onward[index] if len(onward[index]) == 1 else (-1,)
        if successor < 0 or successor == index or leaving & set(groups[successor]):
            continue
        if inward[successor] == {index}:
            joined[index] = successor
    starts = set(range(len(groups))) - set(joined.values())
    chains, placed = [], set[int]()
    # A circle of groups that only run one after the other has no start: its first is one.
    for start in [*sorted(starts), *range(len(groups))]:
        chain: list[int] = []
        at: int | None = start
        while at is not None and at not in placed:
            placed.add(at)
            chain += groups[at]
            at = joined.get(at)
        if chain:
            chains.append(chain)
    return chains


def _goes_back(edge: FlowEdge, members: list[int]) -> bool:
    return members.index(edge.target) <= members.index(edge.source)


def _ways_on(
    edges: Iterable[FlowEdge], members: list[int], number: Mapping[int, int]
) -> tuple[NextBlock, ...]:
    own = set(members)
    found: dict[NextBlock, None] = {}
    for edge in edges:
        if edge.source not in own:
            continue
        if edge.target in own and not _goes_back(edge, members):
            continue
        found[NextBlock(number[edge.target], edge.kind)] = None
    return tuple(found)


def _lines(nodes: Iterable[Node]) -> tuple[tuple[int, int], ...]:
    spans = [(node.span.line, node.span.end_line) for node in nodes if node.span is not None]
    return tuple(dict.fromkeys(spans))


def _block_kind(members: list[Node], index: int, headers: list[tuple[int, int, int]]) -> BlockKind:
    if any(header == index for _, _, header in headers):
        return BlockKind.LOOP
    if members[0].kind is NodeKind.WITH_EXIT:
        return BlockKind.WITH_EXIT
    if any(node.kind is NodeKind.TEST for node in members):
        return BlockKind.BRANCH
    if members[0].kind is NodeKind.HANDLER:
        return BlockKind.HANDLER
    return BlockKind.STATEMENTS


def _loops(
    scope: ast.AST, nodes: Mapping[int, Node], number: Mapping[int, int]
) -> list[tuple[int, int, int]]:
    """First and last line (0-based) of each loop without its ``else``, and its header's block."""
    at_line: dict[int, int] = {}
    for node in sorted(nodes.values(), key=_order, reverse=True):
        if node.kind in (NodeKind.LOOP, NodeKind.TEST) and node.span is not None:
            at_line[node.span.line] = number[node.id]
    found = []
    stack: list[ast.AST] = list(getattr(scope, "body", []))
    while stack:
        node_ = stack.pop()
        if isinstance(node_, ast.For | ast.AsyncFor | ast.While):
            end = node_.body[-1].end_lineno or node_.lineno
            found.append((node_.lineno - 1, end - 1, at_line[node_.lineno - 1]))
        if not isinstance(node_, ast.ClassDef | FunctionNode | ast.expr):
            stack.extend(ast.iter_child_nodes(node_))
    return found
