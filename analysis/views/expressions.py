"""Walks expressions and targets in the order of evaluation (language reference, §6.16).

Branches inside them (``and``, ``or``, ``if``, chained comparisons, comprehensions) are walked apart
and joined, loops twice: sets of definitions are at rest then.
"""

from __future__ import annotations

import ast

from analysis.views.data_flow import DefinitionKind, UseKind, Variable
from analysis.views.places import Places, arguments, bound_by_comprehension, defaults
from analysis.views.record import Record, State, join, joined


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
