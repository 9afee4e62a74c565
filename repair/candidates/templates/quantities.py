"""Numbers that are rounded, dates, times and their zones."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import is_number


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


#: Ways to name the zone of Greenwich, if the file knows the name.
_UTC = (("timezone", "timezone.utc"), ("UTC", "UTC"), ("datetime.", "datetime.timezone.utc"))


def zones(program: SuspectProgram) -> Iterator[Proposal]:
    """A moment without its zone; a zone that is stuck on where the clock was to be moved."""
    text = program.source.text
    known = [name for sign, name in _UTC if sign in text]
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if not isinstance(node.func, ast.Attribute):
            continue
        name, receiver = node.func.attr, program.text(node.func.value)
        words = {keyword.arg: program.text(keyword.value) for keyword in node.keywords}
        if name == "replace" and set(words) == {"tzinfo"} and not node.args:
            new = f"{receiver}.astimezone({words['tzinfo']})"
            yield program.replace(node, new, "zone", 0.4)
        elif name == "astimezone" and len(node.args) == 1:
            new = f"{receiver}.replace(tzinfo={program.text(node.args[0])})"
            yield program.replace(node, new, "zone", 0.3)
        for zone in known:
            if name in ("now", "fromtimestamp") and "tz" not in words:
                arguments = [*map(program.text, node.args), zone]
                if len(arguments) == (1 if name == "now" else 2):
                    new = f"{receiver}.{name}({', '.join(arguments)})"
                    yield program.replace(node, new, "zone", 0.3)
            elif name in ("utcnow", "today") and not node.args:
                yield program.replace(node, f"{receiver}.now({zone})", "zone", 0.25)
            elif name in ("isoformat", "strftime", "date", "time", "timetuple"):
                new = f"{receiver}.astimezone({zone}).{name}"
                yield program.replace(node.func, new, "zone", 0.12)
            elif name in ("fromisoformat", "strptime", "combine"):
                new = f"{program.text(node)}.replace(tzinfo={zone})"
                yield program.replace(node, new, "zone", 0.12)


def spans(program: SuspectProgram) -> Iterator[Proposal]:
    """Whole days or the rest of a day, where the whole span was meant."""
    for node in program.of(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in ("seconds", "days", "microseconds") and isinstance(node.ctx, ast.Load):
            if isinstance(program.parents.get(node), ast.Call) and _is_called(program, node):
                continue
            whole = f"{program.tight(node.value)}.total_seconds()"
            yield program.replace(node, whole, "span", 0.3)
            yield program.replace(node, f"int({whole})", "span", 0.2)
            if node.attr == "days":
                yield program.replace(node, f"{program.text(node)} + 1", "off by one", 0.3)
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func).rpartition(".")[2] == "timedelta":
            for keyword in node.keywords:
                if is_number(keyword.value) or isinstance(keyword.value, ast.Name):
                    for sign in ("+", "-"):
                        new = f"{program.text(keyword.value)} {sign} 1"
                        yield program.replace(keyword.value, new, "off by one", 0.12)


def _is_called(program: SuspectProgram, node: ast.Attribute) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
