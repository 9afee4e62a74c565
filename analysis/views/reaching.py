"""Reaching definitions: which definition may be what a use sees.

The classical forward analysis (Aho, Lam, Sethi, Ullman, *Compilers*, 2nd ed., §9.2.4) on the
control-flow graph of each scope, a bit for each definition. What crosses scopes is not followed in
time: a function may be called at any moment, so every definition that another scope makes reaches
it. The body of a class runs where it stands and is followed.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from analysis.views.control_flow import Flow
from analysis.views.data_flow import (
    DataFlow,
    DefinitionKind,
    Pair,
    Reaching,
    UseKind,
    ValueDefinition,
    ValueUse,
    Variable,
    Variables,
)
from analysis.views.effects import Effects, Evaluator
from analysis.views.flow import ENTRY, EdgeKind, FlowEdge, NodeKind
from analysis.views.places import Places
from analysis.views.record import Defined, State, Used, held


def data_flow(tree: ast.Module, flows: Sequence[Flow], places: Places) -> DataFlow:
    """The data flow of a parsed file with its control flow.

    Raises ``RecursionError`` where an expression is nested too deeply.
    """
    variables = Variables(places.text, flows)
    owners = count(len(flows))
    lazy = any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and any(alias.name == "annotations" for alias in each.names)
        for each in tree.body
    )
    solved = []
    first = 0
    for number, flow in enumerate(flows):
        evaluator = Evaluator(number, variables, places, owners, lazy)
        scope = _Scope(number, flow, first, evaluator)
        first += len(scope.definitions)
        solved.append(scope)
    return _Linking(solved, variables).data_flow()


Mask = tuple[int, int]
"""The bits that a way through a node keeps and those it adds."""


@dataclass(frozen=True, slots=True)
class _Masks:
    normally: Mask
    by_kind: dict[EdgeKind, Mask]
    early: Mask


class _Scope:
    """One scope, solved: ``before`` and ``early`` are the bits before each node and, for the header
    of a loop, before the loop. ``first`` is the number of its first definition."""

    def __init__(self, number: int, flow: Flow, first: int, evaluator: Evaluator) -> None:
        self.number, self.flow, self.first = number, flow, first
        graph = flow.graph
        effects = {ENTRY: evaluator.entry(flow.scope, ENTRY)}
        for node, syntax in zip(graph.nodes, flow.syntax, strict=True):
            if syntax is not None:
                effects[node.id] = evaluator.node(node, syntax)
        named = {
            header: evaluator.unbinding(handler.name, header)
            for header in flow.handlers
            if isinstance(handler := flow.syntax[header], ast.ExceptHandler) and handler.name
        }
        self.definitions: list[Defined] = evaluator.record.definitions
        self.uses: list[Used] = evaluator.record.uses
        self.bits: dict[Variable, int] = defaultdict(int)
        for index, definition in enumerate(self.definitions):
            if not definition.deferred:
                self.bits[definition.variable] |= 1 << index
        self._paths = [variable for variable in self.bits if "." in variable.name]
        self._masks = {node: self._masks_of(effect) for node, effect in effects.items()}
        self._unbinding = [
            (flow.handlers[header], (~self._bits_under(variable), 1 << number))
            for header, (variable, number) in named.items()
        ]
        self.before: dict[int, int] = {}
        self.early: dict[int, int] = {}
        self._solve()

    def _bits_under(self, variable: Variable) -> int:
        """The bits of a variable and of the attributes of what it held."""
        bits = self.bits[variable]
        for path in self._paths:
            if path.owner == variable.owner and path.name.startswith(f"{variable.name}."):
                bits |= self.bits[path]
        return bits

    def _masks_of(self, effects: Effects) -> _Masks:
        by_kind = {kind: self._mask(state) for kind, state in effects.by_kind.items()}
        thrown = self._mask(effects.thrown)
        if effects.early:
            # Before the loop or in it: what either leaves.
            keep, add = self._mask(effects.early)
            thrown = (thrown[0] | keep, thrown[1] | add)
        by_kind.setdefault(EdgeKind.EXCEPTION, thrown)
        return _Masks(self._mask(effects.normally), by_kind, self._mask(effects.early))

    def _mask(self, state: State) -> Mask:
        if not state:
            return (-1, 0)
        add = drop = 0
        for variable, (inside, before) in state.items():
            for number in inside:
                add |= 1 << number
            if not before:
                drop |= self.bits[variable]
        for path in self._paths:
            if path not in state and not held(state, path)[1]:
                drop |= self.bits[path]
        return (~drop, add)

    def _solve(self) -> None:
        graph = self.flow.graph
        loops = {node.id for node in graph.nodes if node.kind is NodeKind.LOOP}
        leaving: dict[int, list[tuple[int, list[Mask], bool]]] = defaultdict(list)
        for edge in graph.edges:
            before_loop = edge.target in loops and edge.source < edge.target
            leaving[edge.source].append((edge.target, self._way(edge), before_loop))
        for loop in loops:
            self.early[loop] = 0
        self.before[ENTRY] = 0
        waiting = [ENTRY]
        queued = {ENTRY}
        while waiting:
            node = waiting.pop()
            queued.discard(node)
            for target, masks, before_loop in leaving[node]:
                bits = self.before[node]
                for keep, add in masks:
                    bits = bits & keep | add
                if before_loop:
                    self.early[target] |= bits
                    keep, add = self._masks[target].early
                    bits = bits & keep | add
                known = self.before.get(target)
                if known is None or bits | known != known:
                    self.before[target] = bits | (known or 0)
                    if target not in queued:
                        queued.add(target)
                        waiting.append(target)

    def _way(self, edge: FlowEdge) -> list[Mask]:
        """What happens along an edge, in order."""
        masks = []
        if own := self._masks.get(edge.source):
            masks.append(own.by_kind.get(edge.kind, own.normally))
        for body, mask in self._unbinding:
            if edge.source in body and edge.target not in body:
                masks.append(mask)
        return masks


class _Linking:
    """Joins uses to definitions, within and across the scopes of a file."""

    def __init__(self, scopes: Sequence[_Scope], variables: Variables) -> None:
        self._scopes = scopes
        self._variables = variables
        self._definitions = tuple(self._numbered())
        self._values: dict[Variable, list[int]] = defaultdict(list)
        """Every definition of a variable that gives it a value."""
        for definition in self._definitions:
            if definition.kind is not DefinitionKind.UNBOUND:
                self._values[definition.variable].append(definition.id)
        self._stars = self._values.get(Variable(0, "*"), [])

    def _numbered(self) -> Iterator[ValueDefinition]:
        number = count()
        for scope in self._scopes:
            for each in scope.definitions:
                yield ValueDefinition(
                    next(number),
                    each.variable,
                    each.kind,
                    scope.number,
                    each.node,
                    each.span,
                    each.deferred,
                )

    def data_flow(self) -> DataFlow:
        uses: list[ValueUse] = []
        pairs: list[Pair] = []
        for scope in self._scopes:
            for used in scope.uses:
                reaching = self._reaching(scope, used)
                if used.kind is UseKind.ATTRIBUTE and not reaching:
                    continue
                number = len(uses)
                uses.append(
                    ValueUse(
                        number,
                        used.variable,
                        used.kind,
                        scope.number,
                        used.node,
                        used.span,
                        used.deferred,
                    )
                )
                pairs += [Pair(definition, number) for definition in sorted(reaching)]
        reaching_all = tuple(Reaching(scope.first, scope.before) for scope in self._scopes)
        return DataFlow(self._definitions, tuple(uses), tuple(pairs), reaching_all)

    def _reaching(self, scope: _Scope, used: Used) -> set[int]:
        if used.node not in scope.before:
            return set()
        variable = used.variable
        if used.deferred:
            found = set(self._values[variable])
        else:
            found = {scope.first + number for number in used.inside}
            if used.before:
                found |= self._arriving(scope, used.node, variable, early=used.early)
            found |= self._elsewhere(scope, variable)
        if variable.owner == 0 and "." not in variable.name:
            found |= set(self._stars)
        return {n for n in found if self._definitions[n].kind is not DefinitionKind.UNBOUND}

    def _arriving(self, scope: _Scope, node: int, variable: Variable, *, early: bool) -> set[int]:
        """The definitions of ``variable`` that reach a node, by paths through its scope or, in the
        body of a class, through the scopes in whose course it runs."""
        bits = (scope.early if early else scope.before).get(node, 0) & scope.bits[variable]
        found, unbound = set[int](), False
        while bits:
            number = (bits & -bits).bit_length() - 1
            bits &= bits - 1
            found.add(scope.first + number)
            unbound |= scope.definitions[number].kind is DefinitionKind.UNBOUND
        if not isinstance(scope.flow.scope, ast.ClassDef):
            return found
        if variable.owner == scope.number and unbound:
            # A name that the class has not bound yet is the module's.
            variable = Variable(0, variable.name)
        elif variable.owner == scope.number:
            return found
        around = self._scopes[scope.flow.parent]
        here = around.flow.syntax.index(scope.flow.scope)
        found |= self._arriving(around, here, variable, early=False)
        return found | self._elsewhere(around, variable)

    def _elsewhere(self, scope: _Scope, variable: Variable) -> set[int]:
        """The definitions of ``variable`` that are made while ``scope`` does not look: in other
        scopes, in what runs later, and in earlier runs of a scope that does not own it."""
        inline = {scope.number}
        while isinstance(scope.flow.scope, ast.ClassDef):
            # What stands around a class is followed instead.
            scope = self._scopes[scope.flow.parent]
            inline.add(scope.number)
        owned = variable.owner in inline or variable.owner >= len(self._scopes)
        return {
            number
            for number in self._values[variable]
            if not owned
            or self._definitions[number].deferred
            or self._definitions[number].scope not in inline
        }
