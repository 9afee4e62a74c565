"""Statements: missing, superfluous, in the wrong order, at the wrong depth, or to be run only under
a condition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS, Function, is_docstring
from repair.source.file import OffsetEdit

# Statements that move into a block of their own.


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


# What was to be done only where there is something to do it with.


_PLAIN = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return)
#: How many statements stand under one condition, and how many values are asked for.
_LONGEST, _MOST = 4, 4
#: How likely a statement lacks a condition of any kind; of n statements it is an n-th of that.
_LACKING = 0.3


def conditional_runs(program: SuspectProgram) -> Iterator[Proposal]:
    """``if x: …`` around a result, or statements that follow one another, and read ``x``.

    A short statement alone is the business of ``insertions.guarded``, but for members.
    """
    for node in program.of(*_PLAIN):
        assert isinstance(node, ast.stmt)
        if program.function(node) is None or is_docstring(node):
            continue
        block = program.block(node)
        at = block.index(node)
        for length in range(1, _LONGEST + 1):
            body = block[at : at + length]
            if len(body) < length or not isinstance(body[-1], _PLAIN):
                break
            known = length == 1 and _is_short(node)
            values = [v for v in _values(program, body) if not known or "." in v]
            for value in values:
                for test in (value, f"{value} is not None"):
                    edit = inside(program, f"if {test}:", body)
                    if edit is not None:
                        prior = _LACKING / (2 + len(values)) / length
                        yield Proposal("missing condition", prior, (edit,), node)


def _is_short(node: ast.stmt) -> bool:
    return not isinstance(node, ast.Return) and node.lineno == node.end_lineno


def _values(program: SuspectProgram, body: list[ast.stmt]) -> list[str]:
    """Variables, and members of the object, that statements read before they set them."""
    local = set(program.variables(body[0]))
    found: dict[str, None] = {}
    stored: set[str] = set()
    for statement in body:
        stores: set[str] = set()
        for inner in program.inside(statement):
            if isinstance(inner, ast.Name) and inner.id in local:
                if isinstance(inner.ctx, ast.Store):
                    stores.add(inner.id)
                elif inner.id not in stored:
                    found[inner.id] = None
            elif isinstance(inner, ast.Attribute) and _is_read(program, inner):
                found[program.text(inner)] = None
        stored |= stores
    return list(found)[:_MOST]


def _is_read(program: SuspectProgram, node: ast.Attribute) -> bool:
    """Whether ``node`` reads a member of ``self`` that is not called."""
    parent = program.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    own = isinstance(node.value, ast.Name) and node.value.id == "self"
    return own and not called and isinstance(node.ctx, ast.Load)


# The other branch of an assignment under a condition, which was lost.


_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Continue, ast.Break, ast.AnnAssign)


def results(program: SuspectProgram) -> Iterator[Proposal]:
    """``return`` missing or in place of ``yield``; another variable returned."""
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        if isinstance(node.value, ast.Yield):
            if node.value.value is not None:
                text = program.text(node.value.value)
                yield program.replace(node, f"yield from {text}", "yield", 0.3)
                yield program.replace(node, f"return {text}", "yield", 0.1)
        elif isinstance(node.value, ast.YieldFrom):
            yield program.replace(node, f"yield {program.text(node.value.value)}", "yield", 0.3)
        else:
            text = program.text(node)
            yield program.replace(node, f"return {text}", "missing return", 0.3)
            yield program.replace(node, f"yield from {text}", "yield", 0.08)
            yield program.replace(node, f"yield {text}", "yield", 0.04)
            if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
                # A method that returns a new value and changes nothing.
                receiver = program.text(node.value.func.value)
                yield program.replace(node, f"{receiver} = {text}", "lost result", 0.25)
    for node in program.of(ast.Return):
        assert isinstance(node, ast.Return)
        if node.value is None:
            for name in program.variables(node):
                yield program.replace(node, f"return {name}", "missing result", 0.15)
        else:
            yield program.replace(node, f"yield {program.text(node.value)}", "yield", 0.05)
            for text in ("True", "False", "None", "0", "[]", '""', "-1", "1"):
                if text != program.text(node.value):
                    yield program.replace(node.value, text, "result", 0.06)
    for node in program.suspicious:
        if isinstance(node, Function):
            yield from _final_return(program, node)


def _final_return(program: SuspectProgram, function: Function) -> Iterator[Proposal]:
    last = function.body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return
    names = program.variables(last)
    for name in names:
        yield program.insert_after(
            last, [f"return {name}"], "missing return", 0.5 / (2 + len(names))
        )
    for text in ("False", "True", "self", "0", "[]", '""'):
        yield program.insert_after(last, [f"return {text}"], "missing return", 0.05)


def superfluous(program: SuspectProgram) -> Iterator[Proposal]:
    """A statement too many; a branch that should always be taken."""
    for node in program.suspicious:
        if not isinstance(node, ast.stmt) or isinstance(
            node, Function | ast.ClassDef | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom
        ):
            continue
        lines = program.whole_lines(node)
        if lines is None:
            continue
        if isinstance(node, _SIMPLE):
            if len(program.block(node)) > 1:
                yield Proposal("superfluous statement", 0.2, (OffsetEdit(*lines, ""),), node)
                yield from _with_the_next(program, node, lines)
            else:
                yield program.replace(node, "pass", "superfluous statement", 0.1)
        if isinstance(node, ast.If) and not node.orelse and not _is_elif(program, node):
            body = _shifted(program, node.body, program.indentation(node))
            if body is not None and not any(isinstance(s, ast.Raise) for s in node.body):
                yield Proposal("superfluous branch", 0.15, (OffsetEdit(*lines, body),), node)
            if not any(isinstance(n, ast.Raise) for n in program.inside(node)):
                yield Proposal("superfluous statement", 0.15, (OffsetEdit(*lines, ""),), node)


def _with_the_next(
    program: SuspectProgram, node: ast.stmt, lines: tuple[int, int]
) -> Iterator[Proposal]:
    """Two statements too many, one behind the other."""
    block = program.block(node)
    index = block.index(node)
    if index + 1 < len(block) and len(block) > 2 and isinstance(block[index + 1], _SIMPLE):
        following = program.whole_lines(block[index + 1])
        if following is not None:
            edits = (OffsetEdit(*lines, ""), OffsetEdit(*following, ""))
            yield Proposal("superfluous statement", 0.1, edits, node)


def _is_elif(program: SuspectProgram, node: ast.If) -> bool:
    start = program.source.span(node)[0]
    return program.source.text[start : start + 4] == "elif"


def _shifted(program: SuspectProgram, body: list[ast.stmt], indentation: str) -> str | None:
    """The lines of ``body`` at another indentation."""
    spans = [program.whole_lines(statement) for statement in body]
    if not spans or any(span is None for span in spans):
        return None
    old = program.indentation(body[0])
    assert spans[0] is not None
    assert spans[-1] is not None
    text = program.source.text[spans[0][0] : spans[-1][1]]
    moved = []
    for line in text.splitlines(keepends=True):
        if line.startswith(old):
            moved.append(indentation + line[len(old) :])
        elif not line.strip():
            moved.append(line)
        else:
            return None
    return "".join(moved)


def moved(program: SuspectProgram) -> Iterator[Proposal]:
    """Two statements in the wrong order; one inside a block that belongs behind or before it."""
    for node in program.suspicious:
        if not isinstance(node, ast.stmt) or isinstance(node, Function | ast.ClassDef):
            continue
        block = program.block(node)
        index = block.index(node)
        lines = program.whole_lines(node)
        if lines is None:
            continue
        if index + 1 < len(block):
            following = program.whole_lines(block[index + 1])
            if following is not None and following[0] >= lines[1]:
                text = program.source.text
                one, between, two = (
                    text[lines[0] : lines[1]],
                    text[lines[1] : following[0]],
                    text[following[0] : following[1]],
                )
                if two.endswith(("\n", "\r")):
                    edit = OffsetEdit(lines[0], following[1], two + between + one)
                    yield Proposal("statement order", 0.25, (edit,), node)
        yield from _other_depth(program, node, block, index, lines)


def _other_depth(
    program: SuspectProgram,
    node: ast.stmt,
    block: list[ast.stmt],
    index: int,
    lines: tuple[int, int],
) -> Iterator[Proposal]:
    parent = program.parents.get(node)
    text = program.source.text
    own = text[lines[0] : lines[1]]
    if not own.endswith(("\n", "\r")):
        own += program.source.newline()
    compound = (*LOOPS, ast.If, ast.With, ast.Try)
    if (
        isinstance(parent, compound)
        and len(block) > 1
        and not isinstance(node, ast.Break | ast.Continue)
    ):
        outer = program.whole_lines(parent)
        moved_out = _shifted(program, [node], program.indentation(parent))
        if outer is not None and moved_out is not None and not _elif_of(program, parent):
            if not moved_out.endswith(("\n", "\r")):
                moved_out += program.source.newline()
            if index == len(block) - 1:
                edits = (OffsetEdit(*lines, ""), OffsetEdit(outer[1], outer[1], moved_out))
                yield Proposal("statement depth", 0.3, edits, node)
            if index == 0:
                edits = (OffsetEdit(outer[0], outer[0], moved_out), OffsetEdit(*lines, ""))
                yield Proposal("statement depth", 0.25, edits, node)
    if isinstance(node, _SIMPLE) and index and isinstance(block[index - 1], compound):
        target = block[index - 1]
        inner = target.orelse[-1] if getattr(target, "orelse", None) else target.body[-1]  # type: ignore[attr-defined]
        for last in {inner, target.body[-1]}:  # type: ignore[attr-defined]
            inside = _shifted(program, [node], program.indentation(last))
            behind = program.whole_lines(last)
            if inside is not None and behind is not None and behind[1] <= lines[0]:
                edits = (OffsetEdit(behind[1], behind[1], inside), OffsetEdit(*lines, ""))
                yield Proposal("statement depth", 0.25, edits, node)
    if isinstance(node, _SIMPLE) and index + 1 < len(block) and isinstance(block[index + 1], LOOPS):
        first = block[index + 1].body[0]  # type: ignore[attr-defined]
        inside = _shifted(program, [node], program.indentation(first))
        before = program.whole_lines(first)
        if inside is not None and before is not None:
            if not inside.endswith(("\n", "\r")):
                inside += program.source.newline()
            edits = (OffsetEdit(*lines, ""), OffsetEdit(before[0], before[0], inside))
            yield Proposal("statement depth", 0.2, edits, node)


def _elif_of(program: SuspectProgram, node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and (_is_elif(program, node) or bool(node.orelse))


def flow(program: SuspectProgram) -> Iterator[Proposal]:
    """``break`` for ``continue``, ``if`` for ``while`` and ``elif``, ``=`` for ``+=``."""
    for node in program.suspicious:
        if not isinstance(node, ast.stmt):
            continue
        start = program.source.span(node)[0]
        if isinstance(node, ast.Break):
            yield program.replace(node, "continue", "jump", 0.35)
        elif isinstance(node, ast.Continue):
            yield program.replace(node, "break", "jump", 0.35)
        elif isinstance(node, ast.While):
            yield Proposal("loop", 0.1, (OffsetEdit(start, start + 5, "if"),), node)
        elif isinstance(node, ast.If):
            if _is_elif(program, node):
                yield Proposal("branch", 0.25, (OffsetEdit(start, start + 4, "if"),), node)
            else:
                if not node.orelse:
                    yield Proposal("loop", 0.2, (OffsetEdit(start, start + 2, "while"),), node)
                block = program.block(node)
                index = block.index(node)
                if index and isinstance(block[index - 1], ast.If):
                    yield Proposal("branch", 0.25, (OffsetEdit(start, start + 2, "elif"),), node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
                for sign, prior in (("+=", 0.25), ("-=", 0.08), ("*=", 0.05), ("|=", 0.02)):
                    edit = program.between(target, value, "=", sign)
                    if edit is not None:
                        yield Proposal("assignment", prior, (edit,), node)
            if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
                yield from _accumulated(program, node, target)
        elif isinstance(node, ast.Return) and next(program.enclosing(node, *LOOPS), None):
            yield program.replace(node, "continue", "jump", 0.06)
            yield program.replace(node, "break", "jump", 0.06)


def _accumulated(
    program: SuspectProgram, node: ast.Assign, target: ast.Subscript
) -> Iterator[Proposal]:
    """An entry that is overwritten where it should grow or stay."""
    holder, key = program.text(target.value), program.text(target.slice)
    value = program.tight(node.value)
    place = program.text(target)
    for start in ("0", '""', "[]"):
        new = f"{place} = {holder}.get({key}, {start}) + {value}"
        yield program.replace(node, new, "accumulation", 0.2 if start == "0" else 0.05)
    new = f"{holder}.setdefault({key}, {program.text(node.value)})"
    yield program.replace(node, new, "accumulation", 0.12)
    if isinstance(node.value, ast.List) and len(node.value.elts) == 1:
        item = program.text(node.value.elts[0])
        new = f"{holder}.setdefault({key}, []).append({item})"
        yield program.replace(node, new, "accumulation", 0.2)
