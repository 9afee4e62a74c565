"""The code objects of a file as the syntax tree of :mod:`ast` shows them.

A *scope* here is what has a control-flow graph of its own: the module, a class body or a function.
Lambdas and comprehensions belong to the statement that they are in. What a scope binds is read by
:mod:`analysis.program`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | FunctionNode


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
