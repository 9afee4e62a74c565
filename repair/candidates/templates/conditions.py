"""Conditions that do not ask what they seem to: by precedence, by truth, in the wrong order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS


def distributed(program: SuspectProgram) -> Iterator[Proposal]:
    """``x == "a" or "b"`` and ``a or b in c``: what is compared was to be compared each time."""
    for node in program.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        for part in node.values:
            if not isinstance(part, ast.Compare) or len(part.ops) != 1:
                continue
            left, right = part.left, part.comparators[0]
            source = program.source
            sign = source.text[source.span(left)[1] : source.span(right)[0]].strip()
            for bare in node.values:
                text = program.text(bare)
                if isinstance(bare, ast.Constant):
                    new = f"{program.text(left)} {sign} {text}"
                    yield program.replace(bare, new, "missing condition", 0.8)
                elif isinstance(bare, ast.Name | ast.Attribute) and bare is node.values[0]:
                    new = f"{text} {sign} {program.text(right)}"
                    yield program.replace(bare, new, "missing condition", 0.25)


def bound(program: SuspectProgram) -> Iterator[Proposal]:
    """``not a and b``, where the parentheses are missing."""
    for node in program.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        first = node.values[0]
        if isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.Not):
            start = program.source.span(first.operand)[0]
            rest = program.source.text[start : program.source.span(node)[1]]
            yield program.replace(node, f"not ({rest})", "grouping", 0.2)


def found(program: SuspectProgram) -> Iterator[Proposal]:
    """``text.find(part)`` as a condition: -1 is true, and 0 is not."""
    for node in program.of(ast.If, ast.While, ast.IfExp, ast.BoolOp):
        tests = node.values if isinstance(node, ast.BoolOp) else [getattr(node, "test", None)]
        for test in tests:
            bare = test.operand if isinstance(test, ast.UnaryOp) else test
            if (
                isinstance(bare, ast.Call)
                and isinstance(bare.func, ast.Attribute)
                and bare.func.attr in ("find", "rfind")
            ):
                text = program.text(bare)
                yield program.replace(bare, f"{text} != -1", "comparison", 0.6)


def asked_first(program: SuspectProgram) -> Iterator[Proposal]:
    """Two parts of a condition, of which the second makes the first safe."""
    for node in program.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        source = program.source
        for one, other in zip(node.values, node.values[1:], strict=False):
            gap = source.text[source.span(one)[1] : source.span(other)[0]]
            if "(" in gap or ")" in gap:
                continue
            span = ast.BoolOp(node.op, [one, other])
            span.lineno, span.col_offset = one.lineno, one.col_offset
            span.end_lineno, span.end_col_offset = other.end_lineno, other.end_col_offset
            new = f"{program.text(other)}{gap}{program.text(one)}"
            yield Proposal("swapped operands", 0.12, program.replace(span, new, "", 0).edits, node)


def by_rank(program: SuspectProgram) -> Iterator[Proposal]:
    """``a.year < b.year or a.month < b.month``: what comes first decides alone if it differs."""
    for node in program.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        parts = [part for part in node.values if isinstance(part, ast.Compare)]
        if len(parts) != len(node.values) or any(len(part.ops) != 1 for part in parts):
            continue
        if len({type(part.ops[0]) for part in parts}) > 1 or not isinstance(
            parts[0].ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE
        ):
            continue
        left = ", ".join(program.text(part.left) for part in parts)
        right = ", ".join(program.text(part.comparators[0]) for part in parts)
        source = program.source
        start = source.span(parts[0].left)[1]
        sign = source.text[start : source.span(parts[0].comparators[0])[0]].strip()
        yield program.replace(node, f"({left}) {sign} ({right})", "comparison", 0.25)


def of_something(program: SuspectProgram) -> Iterator[Proposal]:
    """``all(…)`` of nothing, which is true."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) != "all" or len(node.args) != 1:
            continue
        given = node.args[0]
        if isinstance(given, ast.GeneratorExp | ast.ListComp):
            given = given.generators[0].iter
        new = f"bool({program.text(given)}) and {program.text(node)}"
        yield program.replace(node, new, "missing condition", 0.1)


def decided_late(program: SuspectProgram) -> Iterator[Proposal]:
    """An ``else`` in a loop that returns what only the end of the loop can tell."""
    for loop in program.of(*LOOPS):
        assert isinstance(loop, ast.For | ast.While | ast.AsyncFor)
        last = loop.body[-1]
        if not isinstance(last, ast.If) or len(last.orelse) != 1:
            continue
        answer = last.orelse[0]
        lines = program.whole_lines(answer)
        if not isinstance(answer, ast.Return) or lines is None:
            continue
        end = program.source.span(last.body[-1])[1]
        text = program.text(answer)
        outer = program.indentation(loop)
        start = program.source.span(last)[0]
        kept = program.source.text[start:end]
        new = f"{kept}{program.source.newline()}{outer}{text}"
        yield program.replace(last, new, "statement depth", 0.4)
