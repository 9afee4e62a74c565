"""Statements that move into a block of their own."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from repair.candidates.templates.site import SuspectProgram
from repair.source.file import OffsetEdit


def inside(
    program: SuspectProgram, head: str, body: Sequence[ast.stmt], behind: Sequence[str] = ()
) -> OffsetEdit | None:
    """``body``, statements that follow one another, one level deeper under the line ``head``, and
    lines ``behind`` it at the level of ``head``.

    ``None`` where that cannot be by moving lines: others stand on them, or a text runs over them.
    """
    spans = [program.whole_lines(statement) for statement in body]
    first, last = spans[0], spans[-1]
    if first is None or last is None or any(span is None for span in spans):
        return None
    for statement in body:
        for node in program.inside(statement):
            if isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno:
                return None
    indent, step = program.indentation(body[0]), program.indent_step
    newline = program.source.newline()
    lines = program.source.text[first[0] : last[1]].splitlines(keepends=True)
    moved = "".join(step + line if line.strip() else line for line in lines)
    if not moved.endswith(("\n", "\r")):
        moved += newline
    rest = "".join(f"{indent}{line}{newline}" for line in behind)
    return OffsetEdit(first[0], last[1], f"{indent}{head}{newline}{moved}{rest}")
