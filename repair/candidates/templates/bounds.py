"""Where values begin and end: first extremes, indices that wrap, lengths that differ, shares."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS, is_number

#: What counts are divided by: digits, days, months, hours, minutes.
_DIVISORS = (10, 100, 1000, 2, 4, 7, 12, 24, 60, 400)


def extremes(program: SuspectProgram) -> Iterator[Proposal]:
    """A first value that no greatest or least one can be compared with."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        function = program.function(node)
        if not isinstance(target, ast.Name) or function is None or not is_number(node.value):
            continue
        if not any(_is_compared(inner, target.id) for inner in program.inside(function)):
            continue
        for new in ('float("-inf")', 'float("inf")', "None"):
            yield program.replace(node.value, new, "constant", 0.15)
        for loop in program.inside(function):
            if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name | ast.Attribute):
                new = f"{program.text(loop.iter)}[0]"
                yield program.replace(node.value, new, "constant", 0.15)


def _is_compared(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        parts = node.args if node.func.id in ("min", "max") else []
    else:
        return False
    return any(isinstance(part, ast.Name) and part.id == name for part in parts)


def wrapped(program: SuspectProgram) -> Iterator[Proposal]:
    """An index that goes on at the beginning behind the end."""
    for node in program.of(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if isinstance(node.slice, ast.BinOp) and isinstance(node.slice.op, ast.Add | ast.Sub):
            index, whole = program.text(node.slice), program.text(node.value)
            yield program.replace(node.slice, f"({index}) % len({whole})", "wrapping", 0.12)


def remainders(program: SuspectProgram) -> Iterator[Proposal]:
    """A count that is compared whole, where the function reckons with its last digits or turns."""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        left = program.text(node.left)
        function = program.function(node)
        divisors: dict[int, None] = {}
        alike = False
        for inner in program.inside(function) if function is not None else ():
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mod | ast.FloorDiv):
                alike = alike or program.text(inner.left) == left
                if isinstance(inner.right, ast.Constant) and type(inner.right.value) is int:
                    divisors[inner.right.value] = None
        if alike:
            for divisor in (divisors | dict.fromkeys(_DIVISORS)).keys() - {0, 1}:
                new = f"{left} % {divisor}"
                yield program.replace(node.left, new, "arithmetic", 0.12)


def months(program: SuspectProgram) -> Iterator[Proposal]:
    """The month behind December."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        left = node.left
        named = program.text(left).rpartition(".")[2].rpartition("_")[2]
        if named == "month" and isinstance(node.op, ast.Add):
            new = f"{program.text(left)} % 12 + {program.text(node.right)}"
            yield program.replace(node, new, "wrapping", 0.3)


def lengths(program: SuspectProgram) -> Iterator[Proposal]:
    """Two sequences compared pair by pair, of which one may be longer."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) != "all" or len(node.args) != 1:
            continue
        for inner in program.inside(node.args[0]):
            if (
                isinstance(inner, ast.Call)
                and program.text(inner.func) == "zip"
                and len(inner.args) == 2
            ):
                one, other = map(program.text, inner.args)
                new = f"len({one}) == len({other}) and {program.text(node)}"
                yield program.replace(node, new, "missing condition", 0.4)


def wholes(program: SuspectProgram) -> Iterator[Proposal]:
    """How many parts it takes: not one more where nothing is left; and parts of a hundred."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        one = node.right
        if (
            isinstance(node.op, ast.Add)
            and isinstance(one, ast.Constant)
            and one.value == 1
            and isinstance(node.left, ast.BinOp)
            and isinstance(node.left.op, ast.FloorDiv)
        ):
            upper, lower = program.tight(node.left.left), program.tight(node.left.right)
            yield program.replace(node, f"({upper} + {lower} - 1) // {lower}", "rounding", 0.25)
        if isinstance(node.op, ast.Div):
            yield program.replace(node, f"{program.text(node)} * 100", "missing term", 0.08)
        if isinstance(node.op, ast.Mult | ast.Sub):
            for side in (node.left, node.right):
                if isinstance(side, ast.Name | ast.Attribute):
                    new = f"{program.text(side)} / 100"
                    text = f"({new})" if isinstance(node.op, ast.Mult) else new
                    yield program.replace(side, text, "missing term", 0.04)


def close(program: SuspectProgram) -> Iterator[Proposal]:
    """Numbers with a fraction that are compared to the last digit."""
    name = "math.isclose" if "import math" in program.source.text else ""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            one, other = program.text(node.left), program.text(node.comparators[0])
            if name:
                yield program.replace(node, f"{name}({one}, {other})", "comparison", 0.12)
            elif isinstance(node.left, ast.BinOp) or isinstance(node.comparators[0], ast.BinOp):
                new = f"abs({one} - ({other})) < 1e-9"
                yield program.replace(node, new, "comparison", 0.05)


def enough(program: SuspectProgram) -> Iterator[Proposal]:
    """Something taken away without a look at whether there is so much."""
    for node in program.of(ast.AugAssign):
        assert isinstance(node, ast.AugAssign)
        if isinstance(node.op, ast.Sub) and not isinstance(node.value, ast.Constant):
            target, value = program.text(node.target), program.text(node.value)
            raised = f'raise ValueError(f"more than there is: {{{value}!r}}")'
            if '"' not in value and "{" not in value:
                lines = [f"if {value} > {target}:", f"{program.indent_step}{raised}"]
                yield program.insert_before(node, lines, "missing check", 0.2)


def otherwise(program: SuspectProgram) -> Iterator[Proposal]:
    """A statement behind an ``if`` that belongs to its other case."""
    for node in program.of(ast.If):
        assert isinstance(node, ast.If)
        block = program.block(node)
        place = block.index(node) + 1 if node in block else len(block)
        if node.orelse or place >= len(block):
            continue
        following = block[place]
        if isinstance(following, (*LOOPS, ast.If, ast.Return, ast.Try, ast.With)):
            continue
        if program.whole_lines(following) is None or following.lineno != following.end_lineno:
            continue
        indent, step = program.indentation(following), program.indent_step
        text = program.text(following)
        new = f"else:{program.source.newline()}{indent}{step}{text}"
        yield program.replace(following, new, "statement depth", 0.2)
