"""``items.pop(0)`` moves all that are left: take them from a deque."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.imports import importing
from repair.optimizing.transformations.loops import FunctionNode
from repair.source.file import OffsetEdit, Source

#: What a deque does as a list does.
_SHARED = frozenset({"append", "extend", "pop", "clear", "count", "remove", "reverse", "copy"})


def edits(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each list of the function that is made once and used as a queue."""
    around = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    made = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and _is_list(node.value)
    ]
    for assigned in made:
        target = assigned.targets[0]
        assert isinstance(target, ast.Name)
        uses = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and node.id == target.id and node is not target
        ]
        taken = [call for use in uses if (call := _taken(use, around)) is not None]
        if not taken or not all(_taken(u, around) or _is_shared(u, around) for u in uses):
            continue
        value = source.segment(assigned.value)
        changes = [OffsetEdit(*source.span(assigned.value), f"collections.deque({value})")]
        for call in taken:
            changes.append(OffsetEdit(*source.span(call), f"{target.id}.popleft()"))
        yield (*importing(source, "collections"), *changes)


def _is_list(value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id="list" | "sorted")):
            return True
    return False


def _taken(use: ast.Name, around: dict[ast.AST, ast.AST]) -> ast.Call | None:
    """The call ``use.pop(0)``, if that is what it is."""
    match around.get(around.get(use, use)):
        case (
            ast.Call(
                func=ast.Attribute(attr="pop"), args=[ast.Constant(value=0)], keywords=[]
            ) as call
        ):
            return call
    return None


def _is_shared(use: ast.Name, around: dict[ast.AST, ast.AST]) -> bool:
    """Whether a deque would do for this use."""
    match around.get(use):
        case ast.Attribute(attr=attr):
            return attr in _SHARED
        case ast.While(test=test) | ast.If(test=test):
            return test is use
        case ast.UnaryOp(op=ast.Not()) | ast.For():
            return True
        case ast.Call(func=ast.Name(id="len")):
            return True
    return False
