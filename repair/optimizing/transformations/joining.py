"""``text += part`` in a loop: gather the parts and join them once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.optimizing.transformations.loops import Loop, fresh_name
from repair.source.file import OffsetEdit, Source


def edits(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each ``text = ""`` directly before a loop that only appends to it."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield from _in_block(source, function, body)


def _in_block(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt]
) -> Iterator[tuple[OffsetEdit, ...]]:
    for position, start in enumerate(body):
        match start:
            case (
                ast.Assign(
                    targets=[ast.Name(id=text)], value=ast.Constant(value=str(first))
                ) as assigned
            ):
                pass
            case _:
                continue
        loop = next((s for s in body[position + 1 :] if _names(s, text)), None)
        if not isinstance(loop, Loop):
            continue
        adding = [
            n
            for n in ast.walk(loop)
            if isinstance(n, ast.AugAssign)
            and isinstance(n.target, ast.Name)
            and n.target.id == text
            and isinstance(n.op, ast.Add)
        ]
        if not adding or len(adding) != _names(loop, text):
            continue
        parts = fresh_name(function, f"{text}_parts")
        initial = f"[{source.segment(assigned.value)}]" if first else "[]"
        changes = [OffsetEdit(*source.span(start), f"{parts} = {initial}")]
        for each in adding:
            added = source.segment(each.value)
            changes.append(OffsetEdit(*source.span(each), f"{parts}.append({added})"))
        end = source.span(loop)[1]
        indentation = source.newline() + source.indentation(loop.lineno)
        changes.append(OffsetEdit(end, end, f'{indentation}{text} = "".join({parts})'))
        yield tuple(changes)


def _names(node: ast.AST, name: str) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
