"""What transformations ask of loops: where they are, what they change, what may stand before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.source.file import OffsetEdit, Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.While
#: Methods that change the list, dict or set that they are called on.
_CHANGING = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add"),
        *("discard", "update", "setdefault", "popitem", "appendleft", "popleft"),
    }
)


def outermost_loops(function: FunctionNode) -> Iterator[ast.stmt]:
    """The loops of a function that stand in no other one, and statements with a comprehension."""
    stack: list[ast.stmt] = list(reversed(function.body))
    while stack:
        node = stack.pop()
        if isinstance(node, FunctionNode | ast.ClassDef):
            continue
        if isinstance(node, Loop):
            yield node
            continue
        own = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
        if any(isinstance(n, ast.comprehension) for child in own for n in ast.walk(child)):
            yield node
        for name in ("finalbody", "orelse", "body"):
            stack.extend(reversed([s for s in getattr(node, name, []) if isinstance(s, ast.stmt)]))
        for handler in getattr(node, "handlers", []):
            stack.extend(reversed(handler.body))


def inside(loop: ast.stmt) -> Iterator[ast.AST]:
    """What runs again and again: the loop without its iterable; for a statement its
    comprehensions without the first iterable."""
    if isinstance(loop, ast.For):
        parts: list[ast.AST] = [*loop.body]
    elif isinstance(loop, ast.While):
        parts = [loop.test, *loop.body]
    else:
        parts = []
        for node in ast.walk(loop):
            if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
                parts += [node.elt, *(t for g in node.generators for t in g.ifs)]
            elif isinstance(node, ast.DictComp):
                parts += [node.key, node.value, *(t for g in node.generators for t in g.ifs)]
    seen: set[ast.AST] = set()
    for part in parts:
        for node in ast.walk(part):
            if node not in seen:
                seen.add(node)
                yield node


def changed_names(loop: ast.stmt) -> frozenset[str]:
    """Names that a statement binds, or whose value it may change as far as can be seen."""
    found: set[str] = set()
    for node in ast.walk(loop):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Subscript | ast.Attribute):
            if not isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
                found.add(node.value.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func
            if isinstance(called.value, ast.Name) and called.attr in _CHANGING:
                found.add(called.value.id)
    return frozenset(found)


def before(source: Source, statement: ast.stmt, text: str) -> OffsetEdit:
    """The edit that puts a line in front of a statement."""
    start = source.line_starts[statement.lineno - 1]
    line = source.indentation(statement.lineno) + text + source.newline()
    return OffsetEdit(start, start, line)


def fresh_name(function: FunctionNode, wish: str) -> str:
    """``wish``, or something like it that the function does not use."""
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    used |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    while wish in used:
        wish += "_"
    return wish
