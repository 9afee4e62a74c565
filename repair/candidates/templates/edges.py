"""What a function meets at its edges: indices from the end, nothing and zero, capital letters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

#: Attributes that say how many there are.
_SIZES = frozenset({"len", "_len", "size", "_size", "length", "_length", "count", "n"})
_PREFIXED = frozenset({"startswith", "endswith"})


def from_the_end(program: SuspectProgram) -> Iterator[Proposal]:
    """A negative index, which counts from the end, where only the other side is looked at."""
    for node in program.of(ast.If):
        assert isinstance(node, ast.If)
        test = node.test
        if (
            not isinstance(test, ast.Compare)
            or not isinstance(test.ops[0], ast.GtE | ast.Gt)
            or not isinstance(test.left, ast.Name)
            or not _is_size(test.comparators[0])
        ):
            continue
        index, size = test.left.id, program.text(test.comparators[0])
        lines = [f"if {index} < 0:", f"{program.indent_step}{index} += {size}"]
        yield program.insert_before(node, lines, "missing condition", 0.2)
        whole = f"{index} < 0 or {program.text(test)}"
        yield program.replace(test, whole, "missing condition", 0.2)
        added = program.insert_before(node, lines, "", 0)
        asked = program.replace(test, whole, "", 0)
        yield Proposal("missing condition", 0.3, (*added.edits, *asked.edits), node)


def _is_size(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "len"
    return isinstance(node, ast.Attribute) and node.attr in _SIZES


def last_ones(program: SuspectProgram) -> Iterator[Proposal]:
    """``x[-n:]``, which is all of ``x`` where ``n`` is zero."""
    for node in program.of(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        part = node.slice
        if (
            isinstance(part, ast.Slice)
            and part.upper is None
            and isinstance(part.lower, ast.UnaryOp)
            and isinstance(part.lower.op, ast.USub)
            and not isinstance(part.lower.operand, ast.Constant)
        ):
            whole, count = program.text(node.value), program.tight(part.lower.operand)
            yield program.replace(part.lower, f"len({whole}) - {count}", "slice", 0.2)


def nothing_or_zero(program: SuspectProgram) -> Iterator[Proposal]:
    """``not n or n <= 0``, which takes an ``n`` that was not given for a zero."""
    for node in program.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        first, *rest = node.values
        if (
            isinstance(node.op, ast.Or)
            and isinstance(first, ast.UnaryOp)
            and isinstance(first.op, ast.Not)
            and isinstance(first.operand, ast.Name | ast.Attribute)
            and len(rest) == 1
        ):
            value, other = program.text(first.operand), program.tight(rest[0])
            other = program.text(rest[0]) if isinstance(rest[0], ast.Compare) else other
            yield program.replace(node, f"{value} is not None and {other}", "none check", 0.35)
            yield program.replace(node, f"{value} is None or {other}", "none check", 0.25)


def capitals(program: SuspectProgram) -> Iterator[Proposal]:
    """A letter that may be a capital one as well: of a prefix, a letter among letters, one sign."""
    for node in program.of(ast.Call, ast.Compare):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if called in _PREFIXED and node.args:
                yield from _capital_too(program, node.args[0])
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            right = node.comparators[0]
            if isinstance(node.ops[0], ast.In | ast.NotIn):
                yield from _capital_too(program, right)
            elif isinstance(node.ops[0], ast.Eq) and (other := _other_case(right)):
                left = program.text(node.left)
                new = f"{left} in ({program.text(right)}, {other})"
                yield program.replace(node, new, "missing element", 0.1)


def _capital_too(program: SuspectProgram, given: ast.expr) -> Iterator[Proposal]:
    if isinstance(given, ast.Tuple | ast.List | ast.Set):
        known = {e.value for e in given.elts if isinstance(e, ast.Constant)}
        for element in given.elts:
            if (other := _other_case(element)) and ast.literal_eval(other) not in known:
                last = given.elts[-1]
                new = f"{program.text(last)}, {other}"
                yield program.replace(last, new, "missing element", 0.15)
    elif isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value:
        text, value = program.text(given), given.value
        for letter in value:
            if letter.swapcase() not in value and text.count(letter) == 1:
                new = text.replace(letter, letter + letter.swapcase())
                yield program.replace(given, new, "missing element", 0.1)
                new = f"{text[:-1]}{letter.swapcase()}{text[-1]}"
                yield program.replace(given, new, "missing element", 0.1)


def _other_case(node: ast.expr) -> str:
    """A short string with its letters in the other case, as source text; or ``""``."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return ""
    other = node.value.swapcase()
    short = 0 < len(node.value) <= len("0x0x")
    return f'"{other}"' if short and other != node.value and other.isalnum() else ""


def elements_of_it(program: SuspectProgram) -> Iterator[Proposal]:
    """``[x]`` as a result, where the elements of ``x`` are meant."""
    for node in program.of(ast.Return, ast.Yield, ast.Assign):
        value = getattr(node, "value", None)
        if isinstance(value, ast.List | ast.Tuple) and len(value.elts) == 1:
            (element,) = value.elts
            if isinstance(element, ast.Name | ast.Attribute):
                made = "list" if isinstance(value, ast.List) else "tuple"
                new = f"{made}({program.text(element)})"
                yield program.replace(value, new, "container", 0.2)


def not_mine(program: SuspectProgram) -> Iterator[Proposal]:
    """An operator that answers for operands of another kind, which the other one may know."""
    for node in program.of(ast.Return, ast.Raise):
        assert isinstance(node, ast.Return | ast.Raise)
        function = program.function(node)
        name = function.name if function is not None else ""
        if not (name.startswith("__") and name.endswith("__") and function is not None):
            continue
        if len(function.args.args) == 2 and program.block(node)[-1] is node:
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                yield program.replace(node.value, "NotImplemented", "returned value", 0.2)
            elif isinstance(node, ast.Raise):
                yield program.replace(node, "return NotImplemented", "returned value", 0.2)


def not_what_may_fail(program: SuspectProgram) -> Iterator[Proposal]:
    """The last statement of a ``try``, whose errors are none of those that it is there for."""
    for node in program.of(ast.Try):
        assert isinstance(node, ast.Try)
        if len(node.body) < 2 or node.orelse or not node.handlers:
            continue
        last, lines = node.body[-1], program.whole_lines(node.body[-1])
        if lines is None:
            continue
        source = program.source
        end = source.span(node.handlers[-1].body[-1])[1]
        outer, newline = program.indentation(node), source.newline()
        rest = source.text[lines[0] : lines[1]].rstrip("\r\n")
        behind = source.text[lines[1] : end]
        start = source.span(node)[0]
        before = source.text[start : lines[0]]
        new = f"{before}{behind}{newline}{outer}else:{newline}{rest}"
        if not node.finalbody:
            yield Proposal("statement depth", 0.15, program.replace(node, new, "", 0).edits, last)
