"""Parts of a text that were cut out and still have something around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

_CUTTING = frozenset({"split", "rsplit", "partition", "rpartition"})


def trimmed(program: SuspectProgram) -> Iterator[Proposal]:
    """``key, value = line.split("=")`` with the blanks around the sign."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        call, target = node.value, node.targets[0]
        if isinstance(call, ast.Subscript):
            call = call.value
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Attribute)
            or call.func.attr not in _CUTTING
            # Without a sign it is the blanks that it is cut at.
            or not call.args
        ):
            continue
        names = [target] if isinstance(target, ast.Name) else getattr(target, "elts", [])
        shown = [n.id for n in names if isinstance(n, ast.Name) and not _is_idle(program, n)]
        if not shown or (isinstance(target, ast.Name) and node.value is call):
            continue
        lines = [f"{name} = {name}.strip()" for name in shown]
        yield program.insert_after(node, lines, "missing normalisation", 0.25)
        for name, line in zip(shown, lines, strict=True):
            if len(shown) > 1:
                yield program.insert_after(node, [line], "missing normalisation", 0.2)
            lower = f"{name} = {name}.lower()"
            yield program.insert_after(node, [lower], "missing normalisation", 0.06)


def _is_idle(program: SuspectProgram, node: ast.Name) -> bool:
    """Whether nothing reads the name, as with the sign itself."""
    function = program.function(node)
    return node.id.startswith("_") or not any(
        isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Load)
        for n in program.inside(function or program.tree)
    )
