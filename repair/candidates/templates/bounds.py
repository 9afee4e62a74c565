"""Where values begin and end: first extremes, indices that wrap or run from the end, lengths that
differ, rounding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS, is_number

# What a function meets at its edges: indices from the end, nothing and zero, capital letters.


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


# Rounding: up, down or to the nearest, and where in a computation it happens.


def rounded_upwards(program: SuspectProgram) -> Iterator[Proposal]:
    """A division that was to round up, or to the nearest."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.FloorDiv):
            left, right = program.tight(node.left), program.tight(node.right)
            yield program.replace(node, f"-(-{left} // {right})", "rounding", 0.2)
            yield program.replace(node, f"({left} + {right} - 1) // {right}", "rounding", 0.12)
            yield program.replace(node, f"round({left} / {right})", "rounding", 0.1)
            yield program.replace(node, f"max(1, -(-{left} // {right}))", "rounding", 0.05)


def rounding_placed(program: SuspectProgram) -> Iterator[Proposal]:
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
