"""Rounding: up, down or to the nearest, and where in a computation it happens."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram


def upwards(program: SuspectProgram) -> Iterator[Proposal]:
    """A division that was to round up, or to the nearest."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.FloorDiv):
            left, right = program.tight(node.left), program.tight(node.right)
            yield program.replace(node, f"-(-{left} // {right})", "rounding", 0.2)
            yield program.replace(node, f"({left} + {right} - 1) // {right}", "rounding", 0.12)
            yield program.replace(node, f"round({left} / {right})", "rounding", 0.1)
            yield program.replace(node, f"max(1, -(-{left} // {right}))", "rounding", 0.05)


def placed(program: SuspectProgram) -> Iterator[Proposal]:
    """Another way of rounding; of the parts where the result was meant, or the other way round."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in ("int", "round", "floor") or not node.args or node.keywords:
            continue
        value = program.text(node.args[0])
        if len(node.args) == 1 and name != "floor":
            half = 0.08 if name == "int" else 0.12
            yield program.replace(node, f"int({value} + 0.5)", "rounding", half)
            if name == "int":
                yield program.replace(node, f"round({value})", "rounding", 0.25)
        digits = "".join(f", {program.text(argument)}" for argument in node.args[1:])
        yield from _later(program, node, name, digits)
        yield from _earlier(program, node, name, digits)


def _later(program: SuspectProgram, node: ast.Call, name: str, digits: str) -> Iterator[Proposal]:
    """``round(a) * b``: the product was to be rounded."""
    parent = program.parents.get(node)
    if isinstance(parent, ast.BinOp):
        span, text = program.source.span, program.source.text
        before, behind = text[span(parent)[0] : span(node)[0]], text[span(node)[1] :]
        behind = behind[: span(parent)[1] - span(node)[1]]
        new = f"{name}({before}{program.tight(node.args[0])}{behind}{digits})"
        yield program.replace(parent, new, "rounding", 0.2)


def _earlier(program: SuspectProgram, node: ast.Call, name: str, digits: str) -> Iterator[Proposal]:
    """``round(a * b)``: a part was to be rounded."""
    inner = node.args[0]
    if isinstance(inner, ast.BinOp):
        span = program.source.span
        sign = program.source.text[span(inner.left)[1] : span(inner.right)[0]]
        if not set("()") & set(sign):
            left, right = program.text(inner.left), program.text(inner.right)
            for new in (f"{name}({left}{digits}){sign}{right}", f"{left}{sign}{name}({right})"):
                yield program.replace(node, new, "rounding", 0.12)
