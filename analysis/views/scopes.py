"""The code objects of a file as the syntax tree shows them, and which names each binds and reads.

A *scope* here is what has a control-flow graph of its own: the module, a class body or a function.
Lambdas and comprehensions belong to the statement that they are in; of the names inside them only
those count that they take from around them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | FunctionNode


class Use(Enum):
    """What a statement does to a name."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class NameOccurrence:
    """A name at a place: 1-based line, 0-based UTF-8 byte column, as the tree counts."""

    name: str
    line: int
    column: int
    use: Use


@dataclass(frozen=True)
class NamedScope:
    """A scope with its qualified name (``f.<locals>.g``) and the scopes that enclose it.

    ``outer`` runs from the module inwards.
    """

    node: Scope
    name: str
    outer: tuple[NamedScope, ...] = field(default=(), repr=False)

    @property
    def first_line(self) -> int:
        """The 1-based line that the code object begins at: that of the first decorator, if any."""
        if isinstance(self.node, ast.Module):
            return 1
        return min([self.node.lineno, *(mark.lineno for mark in self.node.decorator_list)])


def scopes(tree: ast.Module) -> Iterator[NamedScope]:
    """All scopes of a file, the module first, each before those inside it, in order of the text."""

    def visit(scope: NamedScope) -> Iterator[NamedScope]:
        yield scope
        for child in directly_inside(scope.node):
            name = inner_name(scope.node, scope.name, child)
            yield from visit(NamedScope(child, name, (*scope.outer, scope)))

    yield from visit(NamedScope(tree, "<module>"))


def inner_name(scope: Scope, name: str, inner: ast.ClassDef | FunctionNode) -> str:
    """The qualified name of ``inner``, which stands directly in ``scope`` called ``name``."""
    if isinstance(scope, ast.Module):
        return inner.name
    inside = "" if isinstance(scope, ast.ClassDef) else "<locals>."
    return f"{name}.{inside}{inner.name}"


def directly_inside(scope: Scope) -> Iterator[ast.ClassDef | FunctionNode]:
    """The classes and functions directly inside a scope, in order of the text."""
    stack: list[ast.AST] = list(reversed(scope.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ClassDef | FunctionNode):
            yield node
        elif not isinstance(node, ast.expr):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def parameters(scope: Scope) -> tuple[str, ...]:
    """The parameters of a function in order; none of a module or class."""
    if not isinstance(scope, FunctionNode):
        return ()
    return tuple(argument.arg for argument in arguments(scope.args))


def arguments(given: ast.arguments) -> list[ast.arg]:
    """The parameters of a function or lambda, those with a star last."""
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return every + [each for each in (given.vararg, given.kwarg) if each]


def defaults(given: ast.arguments) -> list[ast.expr]:
    """The defaults of parameters: evaluated where the function stands."""
    return [*given.defaults, *(default for default in given.kw_defaults if default)]


def bound_by_comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
) -> frozenset[str]:
    """The names that its targets bind: ``row`` of ``for row, seen[row] in …``, not ``seen``."""
    return frozenset(
        name.id
        for generator in node.generators
        for name in ast.walk(generator.target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    )


def occurrences(scope: Scope) -> list[NameOccurrence]:
    """What the statements of a scope do to names, in no particular order.

    A nested function or class reads, where it is defined, what its body takes from around it.
    """
    found: list[NameOccurrence] = []
    for statement in scope.body:
        _gather(statement, frozenset(), found)
    return found


def declared(scope: Scope, kind: type[ast.Global] | type[ast.Nonlocal]) -> frozenset[str]:
    """The names that ``global`` (or ``nonlocal``) statements of the scope declare."""
    names: set[str] = set()
    stack: list[ast.AST] = list(scope.body)
    while stack:
        node = stack.pop()
        if isinstance(node, kind):
            names.update(node.names)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            node, ast.ClassDef | FunctionNode
        ):
            stack.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _gather(node: ast.AST, hidden: frozenset[str], found: list[NameOccurrence]) -> None:
    """Add what ``node`` does to names but those that are ``hidden`` by an inner scope."""

    def note(name: str | None, at: ast.AST, use: Use) -> None:
        if name is not None and name not in hidden:
            found.append(
                NameOccurrence(name, getattr(at, "lineno", 1), getattr(at, "col_offset", 0), use)
            )

    match node:
        case ast.Name():
            use = {ast.Load: Use.READ, ast.Store: Use.WRITE}.get(type(node.ctx), Use.DELETE)
            note(node.id, node, use)
            return
        case ast.AugAssign(target=ast.Name() as target):
            note(target.id, target, Use.READ)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for outside in [*node.decorator_list, *defaults(node.args)]:
                _gather(outside, hidden, found)
            for name in _free(node):
                note(name, node, Use.READ)
            note(node.name, node, Use.WRITE)
            return
        case ast.ClassDef():
            for part in [*node.decorator_list, *node.bases, *node.keywords]:
                _gather(part, hidden, found)
            for name in _free(node):
                note(name, node, Use.READ)
            note(node.name, node, Use.WRITE)
            return
        case ast.Lambda():
            for default in defaults(node.args):
                _gather(default, hidden, found)
            own = frozenset(argument.arg for argument in arguments(node.args))
            _gather(node.body, hidden | own, found)
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            own = bound_by_comprehension(node)
            _gather(node.generators[0].iter, hidden, found)
            for child in ast.iter_child_nodes(node):
                _gather(child, hidden | own, found)
            return
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                note((alias.asname or alias.name).partition(".")[0], alias, Use.WRITE)
            return
        case ast.ExceptHandler():
            note(node.name, node, Use.WRITE)
        case ast.MatchAs() | ast.MatchStar():
            note(node.name, node, Use.WRITE)
        case ast.MatchMapping():
            note(node.rest, node, Use.WRITE)
    for child in ast.iter_child_nodes(node):
        _gather(child, hidden, found)


def _free(scope: ast.ClassDef | FunctionNode) -> list[str]:
    """The names that a scope reads and does not bind."""
    inside = occurrences(scope)
    bound = {o.name for o in inside if o.use is not Use.READ} | set(parameters(scope))
    return list(dict.fromkeys(o.name for o in inside if o.name not in bound))
