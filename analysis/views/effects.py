"""What one node of the control flow does to variables, evaluated step by step without values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.views.control_flow import always_matches, values_in
from analysis.views.data_flow import DefinitionKind, UseKind, Variable, Variables, type_parameters
from analysis.views.expressions import ExpressionWalker
from analysis.views.flow import EdgeKind, Node, NodeKind, Span
from analysis.views.places import FunctionNode, Places, Scope, arguments, defaults
from analysis.views.record import Record, State, join

# -- walks statements: what each evaluates, binds and changes, in order


class StatementWalker:
    """Tells a :class:`~analysis.views.record.Record` what statements do.

    ``lazy``: annotations are not evaluated where they stand (PEP 563).
    """

    def __init__(self, record: Record, walk: ExpressionWalker, places: Places, lazy: bool) -> None:
        self.record = record
        self._walk = walk
        self._places = places
        self._lazy_annotations = lazy

    def statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._walk.expression(value)
                for target in targets:
                    self._walk.target(target, DefinitionKind.ASSIGNMENT)
            case ast.AugAssign():
                self._augmented(statement)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                if value:
                    self._walk.expression(value)
                    self._walk.target(target, DefinitionKind.ASSIGNMENT)
                elif not isinstance(target, ast.Name):
                    self._walk.children(target)
                if not self._lazy_annotations and self._annotates:
                    self._walk.expression(annotation)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(statement)
            case ast.ClassDef():
                self._class(statement)
            case ast.Import() | ast.ImportFrom():
                self._import(statement)
            case ast.Raise(exc=exc, cause=cause):
                for part in (exc, cause):
                    if part:
                        self._walk.expression(part)
                self.record.may_raise()
            case _:
                self._walk.children(statement)

    @property
    def _annotates(self) -> bool:
        """Whether annotations of variables are evaluated here: not in functions."""
        return not self.record.variables.is_function(self.record.scope)

    def _augmented(self, statement: ast.AugAssign) -> None:
        target = statement.target
        if isinstance(target, ast.Name):
            self.record.use(target.id, target, self._places.span(target), UseKind.AUGMENTED)
            self._walk.expression(statement.value)
            self.record.may_raise()
            span = self._places.span(target)
            self.record.define(target.id, target, span, DefinitionKind.AUGMENTED)
            return
        self._walk.children(target)
        if isinstance(target, ast.Attribute):
            self._walk.read_path(target)
        self.record.may_raise()
        self._walk.expression(statement.value)
        self.record.may_raise()
        self._walk.change(target)

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self.record.use(name, target, self._places.span(target), UseKind.DELETE)
                self.record.may_raise()
                self.record.define(name, ("del", target), None, DefinitionKind.UNBOUND)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self._delete(each)
            case _:
                self._walk.children(target)
                self.record.may_raise()
                self._walk.change(target)

    def _function(self, function: FunctionNode) -> None:
        given = function.args
        for decorator in function.decorator_list:
            self._walk.expression(decorator)
        for default in defaults(given):
            self._walk.expression(default)
        if not self._lazy_annotations:
            with self.record.inside(function, type_parameters(function), deferred=False):
                for argument in arguments(given):
                    if argument.annotation:
                        self._walk.expression(argument.annotation)
                if function.returns:
                    self._walk.expression(function.returns)
        if function.decorator_list:
            self.record.may_raise()
        span = self._places.name(function.name, function)
        self.record.define(function.name, function, span, DefinitionKind.FUNCTION)

    def _class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._walk.expression(decorator)
        with self.record.inside(node, type_parameters(node), deferred=False):
            for base in node.bases:
                self._walk.expression(base)
            for keyword in node.keywords:
                self._walk.expression(keyword.value)
        self.record.may_raise()
        span = self._places.name(node.name, node)
        self.record.define(node.name, node, span, DefinitionKind.CLASS)

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            self.record.may_raise()
            if alias.asname:
                name = alias.asname
                whole = self._places.span(alias)
                start = whole.end_character - len(name)
                span = Span(whole.end_line, start, whole.end_line, whole.end_character)
            else:
                name = alias.name.partition(".")[0]
                begin = self._places.span(alias)
                end = begin.character + len(name)
                span = Span(begin.line, begin.character, begin.line, end)
            self.record.define(name, alias, span, DefinitionKind.IMPORT)


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
