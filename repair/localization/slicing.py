"""What a failure depends on: the backward slice from where it showed, over what ran.

Over the program dependence graph (Ferrante, Ottenstein, Warren, "The Program Dependence Graph",
TOPLAS 1987), cut down to the statements that the failing test ran as in the first approximation of
Agrawal and Horgan, "Dynamic Program Slicing" (PLDI 1990). Data dependence is that of reaching
definitions, with calls inside the file followed to what they return, and statements that only call
taken to change their receiver, or what a function is given; control dependence that of the nearest
conditions. What changes an object under another name is not seen.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from analysis.views.data_flow import DefinitionKind, ValueUse
from analysis.views.flow import EXIT, RAISE, FlowGraph, NodeKind
from analysis.views.program import Program

#: A statement: the number of its scope and of its node there.
Statement = tuple[int, int]


@dataclass(frozen=True)
class Dependence:
    """The statements of a program and what each depends on directly."""

    program: Program

    @cached_property
    def lines(self) -> dict[Statement, range]:
        """The 0-based lines of each statement (of a header its own)."""
        return {
            (scope, node.id): range(node.span.line, node.span.end_line + 1)
            for scope, flow in enumerate(self.program.flows)
            for node in flow.graph.nodes
            if node.span is not None and node.kind is not NodeKind.WITH_EXIT
        }

    @cached_property
    def at_line(self) -> dict[int, list[Statement]]:
        """The statements that each 0-based line belongs to."""
        found: dict[int, list[Statement]] = defaultdict(list)
        for statement, lines in self.lines.items():
            for line in lines:
                found[line].append(statement)
        return found

    @cached_property
    def on(self) -> dict[Statement, set[Statement]]:
        """What each statement depends on."""
        found: dict[Statement, set[Statement]] = defaultdict(set)
        data = self.program.data
        users: dict[int, set[Statement]] = defaultdict(set)
        changing: dict[int, set[Statement]] = defaultdict(set)
        for pair in data.pairs:
            definition, use = data.definitions[pair.definition], data.uses[pair.use]
            statement = (use.scope, use.node)
            found[statement].add((definition.scope, definition.node))
            users[pair.definition].add(statement)
            if self._may_change(use):
                changing[pair.definition].add(statement)
        for number, statements in changing.items():
            for statement in users[number]:
                found[statement] |= statements
        for scope, flow in enumerate(self.program.flows):
            for node, conditions in _conditions(flow.graph).items():
                found[scope, node] |= {(scope, condition) for condition in conditions}
        results = self.results
        callers: dict[int, list[Statement]] = defaultdict(list)
        for call in self.program.calls:
            if call.callee >= 0:
                found[call.caller, call.node] |= set(results[call.callee])
                callers[call.callee].append((call.caller, call.node))
        # What a function is given depends on whoever calls it.
        for definition in data.definitions:
            if definition.kind is DefinitionKind.PARAMETER:
                place = (definition.scope, definition.node)
                found[place] |= set(callers[definition.scope])
        return found

    def _may_change(self, use: ValueUse) -> bool:
        """Whether a statement that is only a call may change what it uses: ``x`` in
        ``x.append(y)``, ``f(x)`` or ``module.f(x)``."""
        syntax = self.program.flows[use.scope].syntax[use.node]
        call = syntax.value if isinstance(syntax, ast.Expr) else None
        call = call.value if isinstance(call, ast.Await) else call
        if not isinstance(call, ast.Call):
            return False
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        while isinstance(receiver, ast.Attribute | ast.Subscript):
            receiver = receiver.value
        given = [word.value for word in call.keywords]
        changed = [receiver, *call.args, *given]
        if isinstance(receiver, ast.Name) and receiver.id not in self._modules:
            changed = [receiver]
        places = self.program.places
        return any(isinstance(e, ast.Name) and places.span(e) == use.span for e in changed)

    @cached_property
    def _modules(self) -> frozenset[str]:
        """Names that are imported."""
        definitions = self.program.data.definitions
        return frozenset(d.name for d in definitions if d.kind is DefinitionKind.IMPORT)

    @cached_property
    def results(self) -> dict[int, list[Statement]]:
        """The statements of each scope that give its result, or end it without one."""
        found: dict[int, list[Statement]] = defaultdict(list)
        for scope, flow in enumerate(self.program.flows):
            ending = {edge.source for edge in flow.graph.edges if edge.target == EXIT}
            for node in flow.graph.nodes:
                if node.id in ending or _gives(flow.syntax[node.id]):
                    found[scope].append((scope, node.id))
        return found


def _gives(syntax: ast.AST | None) -> bool:
    """Whether a statement hands a value or an exception to whoever called."""
    if isinstance(syntax, ast.Return | ast.Raise | ast.Assert):
        return True
    value = getattr(syntax, "value", None) if isinstance(syntax, ast.Expr | ast.Assign) else None
    return isinstance(value, ast.Yield | ast.YieldFrom)


def _conditions(graph: FlowGraph) -> dict[int, set[int]]:
    """The nodes that each node is control dependent on: of two ways out of them, one leads past it.

    Exceptions are not counted as ways out: otherwise everything depends on everything before it.
    """
    onward: dict[int, set[int]] = defaultdict(set)
    for edge in graph.edges:
        if edge.kind.value != "exception":
            onward[edge.source].add(edge.target)
    order = [node.id for node in graph.nodes]
    # Postdominators as bits, iterated to the fixed point.
    everything = (1 << (max(order) + 1)) - 1
    after = dict.fromkeys(order, everything)
    for end in (EXIT, RAISE):
        after[end] = 1 << end
    changed = True
    while changed:
        changed = False
        for node in reversed(order):
            if node in (EXIT, RAISE):
                continue
            new = everything if onward[node] else 0
            for target in onward[node]:
                new &= after[target]
            new |= 1 << node
            if new != after[node]:
                after[node], changed = new, True
    found: dict[int, set[int]] = defaultdict(set)
    for node in order:
        if len(onward[node]) < 2:
            continue
        for target in onward[node]:
            passed = after[target] & ~(after[node] & ~(1 << node))
            for dependent in order:
                if passed >> dependent & 1 and dependent not in (EXIT, RAISE):
                    found[dependent].add(node)
    return found


def slice_from(
    dependence: Dependence, ran: Collection[int], starts: Iterable[int]
) -> Mapping[int, int]:
    """How many steps each 0-based line that ``ran`` lies behind the lines ``starts``.

    Where no start ran, the results of the functions that ran are the starts. Lines that nothing
    leads to are absent. What did not run is followed too: a condition that kept an assignment from
    running matters to whoever reads the variable (relevant slicing; Gyimóthy, Beszédes, Forgács,
    "An Efficient Relevant Slicing Method for Debugging", ESEC/FSE 1999).
    """
    begin = [s for line in starts for s in dependence.at_line.get(line, ()) if line in ran]
    if not begin:
        lines = dependence.lines
        begin = [
            statement
            for statements in dependence.results.values()
            for statement in statements
            if any(line in ran for line in lines.get(statement, ()))
        ]
    steps = dict.fromkeys(begin, 0)
    waiting = deque(begin)
    while waiting:
        statement = waiting.popleft()
        for other in dependence.on.get(statement, ()):
            if other not in steps:
                steps[other] = steps[statement] + 1
                waiting.append(other)
    found: dict[int, int] = {}
    for statement, step in steps.items():
        for line in dependence.lines.get(statement, ()):
            if line in ran:
                found[line] = min(step, found.get(line, step))
    return found
