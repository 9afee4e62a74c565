"""What one node of the control flow does to variables, evaluated step by step without values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.views.data_flow import DefinitionKind
from analysis.views.expressions import ExpressionWalker
from analysis.views.flow import EdgeKind, Node, NodeKind, Span
from analysis.views.patterns import always_matches, values_in
from analysis.views.places import Places
from analysis.views.record import Record
from analysis.views.scopes import FunctionNode, Scope, arguments
from analysis.views.statements import StatementWalker
from analysis.views.states import State, join
from analysis.views.variables import Variable, Variables, type_parameters


@dataclass(slots=True)
class Effects:
    """The states behind a node: ``normally``, by the kind of the edge where that matters, and
    ``thrown`` where an exception leaves it. ``early`` is what happens before a loop."""

    normally: State = field(default_factory=dict)
    by_kind: dict[EdgeKind, State] = field(default_factory=dict)
    thrown: State = field(default_factory=dict)
    early: State = field(default_factory=dict)


class Evaluator:
    """Walks the nodes of one scope. ``owners`` gives out numbers for lambdas and comprehensions."""

    def __init__(
        self, scope: int, variables: Variables, places: Places, owners: Iterator[int], lazy: bool
    ) -> None:
        self._scope = scope
        self._variables = variables
        self._places = places
        self.record = Record(scope, variables, owners)
        self._walk = ExpressionWalker(self.record, places)
        self._statements = StatementWalker(self.record, self._walk, places, lazy)

    # -- nodes

    def entry(self, scope: Scope, node: int) -> Effects:
        """What is there when a scope is entered: parameters."""
        self.record.begin(node)
        for name in self._variables.bound[self._scope]:
            self.record.define(name, ("unbound", name), None, DefinitionKind.UNBOUND)
        if isinstance(scope, FunctionNode):
            for argument in arguments(scope.args):
                begin = self._places.span(argument)
                end = begin.character + len(argument.arg)
                span = Span(begin.line, begin.character, begin.line, end)
                self.record.define(argument.arg, argument, span, DefinitionKind.PARAMETER)
        for name in type_parameters(scope):
            self.record.define(name, ("type", name), None, DefinitionKind.PARAMETER)
        return Effects(self.record.state)

    def node(self, node: Node, syntax: ast.AST) -> Effects:
        """What a node with its syntax does."""
        self.record.begin(node.id)
        match node.kind, syntax:
            case NodeKind.TRY | NodeKind.WITH_EXIT, _:
                return Effects()
            case NodeKind.LOOP, ast.For() | ast.AsyncFor():
                return self._loop(syntax)
            case NodeKind.TEST, ast.If() | ast.While():
                true, false = self._walk.condition(syntax.test)
                kinds = {EdgeKind.TRUE: true, EdgeKind.FALSE: false}
                return Effects(join(true, false), kinds, self.record.thrown or {})
            case NodeKind.TEST, ast.Assert():
                true, self.record.state = self._walk.condition(syntax.test)
                if syntax.msg:
                    self._walk.expression(syntax.msg)
                self.record.may_raise()
                return Effects(true, {}, self.record.thrown or {})
            case NodeKind.TEST, ast.match_case():
                return self._case(syntax)
            case NodeKind.HANDLER, ast.ExceptHandler():
                return self._handler(syntax)
            case NodeKind.WITH, ast.withitem():
                self._walk.expression(syntax.context_expr)
                self.record.may_raise()
                if syntax.optional_vars:
                    self._walk.target(syntax.optional_vars, DefinitionKind.WITH)
            case _, ast.Match():
                self._walk.expression(syntax.subject)
            case _, ast.stmt():
                self._statements.statement(syntax)
        return Effects(self.record.state, {}, self.record.thrown or {})

    def unbinding(self, name: str, node: int) -> tuple[Variable, int]:
        """The variable that the handler at ``node`` named, and the definition that unbinds it."""
        self.record.begin(node)
        key = ("handler", node)
        self.record.define(name, key, None, DefinitionKind.UNBOUND)
        variable = self._variables.resolve(self._scope, name)
        return variable, self.record.defined[key, variable]

    def _loop(self, loop: ast.For | ast.AsyncFor) -> Effects:
        self.record.early = True
        self._walk.expression(loop.iter)
        self.record.may_raise()
        early, self.record.early, self.record.state = self.record.state, False, {}
        self.record.may_raise()
        exhausted = dict(self.record.state)
        self._walk.target(loop.target, DefinitionKind.LOOP)
        kinds = {EdgeKind.ITERATE: self.record.state}
        return Effects(exhausted, kinds, self.record.thrown or {}, early)

    def _handler(self, handler: ast.ExceptHandler) -> Effects:
        if handler.type:
            self._walk.expression(handler.type)
        self.record.may_raise()
        asked = dict(self.record.state)
        if handler.name:
            span = self._places.name(handler.name, handler, handler.type)
            self.record.define(handler.name, handler, span, DefinitionKind.EXCEPT)
        return Effects(asked, {EdgeKind.MATCH: self.record.state}, self.record.thrown or {})

    def _case(self, case: ast.match_case) -> Effects:
        for part in values_in(case.pattern):
            self._walk.expression(part)
        self.record.may_raise()
        missed: State | None = dict(self.record.state)
        if always_matches(case.pattern):
            missed = None
        self._capture(case.pattern)
        matched = self.record.state
        if case.guard:
            matched, refused = self._walk.condition(case.guard)
            missed = refused if missed is None else join(missed, refused)
        kinds = {EdgeKind.MATCH: matched, EdgeKind.NO_MATCH: missed or {}}
        return Effects(join(matched, missed or {}), kinds, self.record.thrown or {})

    def _capture(self, pattern: ast.pattern) -> None:
        match pattern:
            case ast.MatchOr(patterns=patterns):
                self.record.branches([lambda p=p: self._capture(p) for p in patterns])  # type: ignore[misc]
                return
            case ast.MatchAs(pattern=inner, name=name):
                if inner:
                    self._capture(inner)
                if name:
                    span = self._places.name(name, pattern, inner)
                    self.record.define(name, pattern, span, DefinitionKind.CAPTURE)
            case ast.MatchStar(name=str(name)):
                span = self._places.name(name, pattern)
                self.record.define(name, pattern, span, DefinitionKind.CAPTURE)
            case ast.MatchMapping(patterns=patterns, rest=rest):
                for each in patterns:
                    self._capture(each)
                if rest:
                    after = patterns[-1] if patterns else None
                    span = self._places.name(rest, pattern, after)
                    self.record.define(rest, pattern, span, DefinitionKind.CAPTURE)
            case ast.MatchSequence(patterns=patterns):
                for each in patterns:
                    self._capture(each)
            case ast.MatchClass(patterns=patterns, kwd_patterns=named):
                for each in [*patterns, *named]:
                    self._capture(each)
