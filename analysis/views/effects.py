"""What one node of the control flow does to variables, evaluated step by step without values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.views.control_flow import always_matches, values_in
from analysis.views.data_flow import DefinitionKind, UseKind, Variable, Variables, type_parameters
from analysis.views.flow import EdgeKind, Node, NodeKind, Span
from analysis.views.places import (
    FunctionNode,
    Places,
    Scope,
    arguments,
    bound_by_comprehension,
    defaults,
)
from analysis.views.record import Record, State, join, joined

# -- walks expressions and targets in the order of evaluation (language reference, §6.16)
#
# Branches inside them (``and``, ``or``, ``if``, chained comparisons, comprehensions) are walked
# apart and joined, loops twice: sets of definitions are at rest then.


class ExpressionWalker:
    """Tells a :class:`~analysis.views.record.Record` what expressions do."""

    def __init__(self, record: Record, places: Places) -> None:
        self.record = record
        self._places = places

    def expression(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                self.record.use(name, node, self._places.span(node), UseKind.READ)
                self.record.may_raise()
            case ast.Constant():
                pass
            case ast.NamedExpr(target=target, value=value):
                self.expression(value)
                self._walrus(target)
            case ast.BoolOp() | ast.Compare():
                self.condition(node, whole=True)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                true, false = self.condition(test)
                self.record.state = true
                self.expression(body)
                behind, self.record.state = self.record.state, false
                self.expression(orelse)
                self.record.state = join(behind, self.record.state)
            case ast.Lambda(args=given, body=body):
                for default in defaults(given):
                    self.expression(default)
                every = arguments(given)
                walruses = _walruses(body)
                with self.record.inside(node, [*(a.arg for a in every), *walruses], deferred=True):
                    for argument in every:
                        span = self._places.span(argument)
                        self.record.define(argument.arg, argument, span, DefinitionKind.PARAMETER)
                    self.expression(body)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.BinOp():
                # A long sum is a deep tree on its left: walked here, however long it is.
                spine = []
                left: ast.expr = node
                while isinstance(left, ast.BinOp):
                    spine.append(left.right)
                    left = left.left
                for part in [left, *reversed(spine)]:
                    self.expression(part)
                self.record.may_raise()
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if key:
                        self.expression(key)
                    self.expression(value)
                self.record.may_raise()
            case ast.Attribute():
                self.children(node)
                self.read_path(node)
                self.record.may_raise()
            case _:
                self.children(node)
                self.record.may_raise()

    def children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expression(child)
            else:
                self.children(child)

    def condition(self, node: ast.expr, *, whole: bool = False) -> tuple[State, State]:
        """The states in which ``node`` is true and false. ``whole``: as a value, so the state
        afterwards is both."""
        match node:
            case ast.BoolOp(op=op, values=values):
                early: list[State] = []
                for value in values[:-1]:
                    true, false = self.condition(value)
                    on, out = (true, false) if isinstance(op, ast.And) else (false, true)
                    early.append(out)
                    self.record.state = dict(on)
                true, false = self.condition(values[-1])
                if isinstance(op, ast.And):
                    false = joined([*early, false])
                else:
                    true = joined([*early, true])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                false, true = self.condition(operand)
            case ast.Compare(left=left, comparators=comparators):
                self.expression(left)
                short: list[State] = []
                for comparator in comparators:
                    self.expression(comparator)
                    self.record.may_raise()
                    short.append(dict(self.record.state))
                true, false = short[-1], joined(short)
            case _:
                self.expression(node)
                true = false = self.record.state
        if whole:
            self.record.state = join(true, false)
        return dict(true), dict(false)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self.expression(node.generators[0].iter)
        self.record.may_raise()
        names = bound_by_comprehension(node)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]

        def innermost() -> None:
            for part in parts:
                self.expression(part)

        def generate(index: int) -> None:
            generator = node.generators[index]
            if index:
                self.expression(generator.iter)

            def once() -> None:
                self.target(generator.target, DefinitionKind.COMPREHENSION)
                skipped: list[State] = []
                for test in generator.ifs:
                    self.record.state, false = self.condition(test)
                    skipped.append(false)
                if index + 1 < len(node.generators):
                    generate(index + 1)
                else:
                    innermost()
                self.record.state = joined([self.record.state, *skipped])

            for _ in range(2):
                self.record.branches([once, lambda: None])

        deferred = isinstance(node, ast.GeneratorExp)
        with self.record.inside(node, names, deferred=deferred):
            generate(0)
        self.record.may_raise()

    # -- targets

    def target(self, target: ast.expr, kind: DefinitionKind) -> None:
        match target:
            case ast.Name(id=name):
                self.record.define(name, target, self._places.span(target), kind)
            case ast.Starred(value=inner):
                self.target(inner, kind)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self.record.may_raise()
                for each in targets:
                    self.target(each, kind)
            case _:
                self.children(target)
                self.record.may_raise()
                self.change(target)

    def _walrus(self, target: ast.Name) -> None:
        variable, deferred = self.record.bound_by_walrus(target.id)
        span = self._places.span(target)
        self.record.note(variable, target, span, DefinitionKind.WALRUS, deferred=deferred)

    def change(self, target: ast.expr) -> None:
        """``target`` is an attribute or an item that was just written or deleted."""
        match target:
            case ast.Attribute():
                if path := path_of(target):
                    root, deferred = self.record.lookup(path[0])
                    variable = Variable(root.owner, ".".join(path))
                    span = self._places.span(target)
                    self.record.note(
                        variable, target, span, DefinitionKind.ATTRIBUTE, deferred=deferred
                    )
            case ast.Subscript():
                holder = target.value
                while isinstance(holder, ast.Subscript):
                    holder = holder.value
                if path := path_of(holder):
                    root, deferred = self.record.lookup(path[0])
                    variable = Variable(root.owner, ".".join(path))
                    span = self._places.span(holder)
                    self.record.note(
                        variable, target, span, DefinitionKind.UPDATE, deferred=deferred
                    )

    def read_path(self, node: ast.Attribute) -> None:
        path = path_of(node)
        if path and isinstance(node.ctx, ast.Load | ast.Store | ast.Del):
            root, deferred = self.record.lookup(path[0])
            variable = Variable(root.owner, ".".join(path))
            self.record.seen(variable, node, self._places.span(node), UseKind.ATTRIBUTE, deferred)


def path_of(node: ast.expr) -> tuple[str, ...]:
    """``a.b.c`` as its parts; ``()`` where it does not begin with a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _walruses(body: ast.expr) -> list[str]:
    """The names that a lambda binds itself; inner lambdas have their own."""
    names, stack = [], [body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.NamedExpr):
            names.append(node.target.id)
        if not isinstance(node, ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))  # type: ignore[arg-type]
    return names


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
