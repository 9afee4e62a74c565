"""Dates, times and their zones: what wraps round, what is aware, what is whole days."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import is_number

#: Ways to name the zone of Greenwich, if the file knows the name.
_UTC = (("timezone", "timezone.utc"), ("UTC", "UTC"), ("datetime.", "datetime.timezone.utc"))


def wrapping(program: SuspectProgram) -> Iterator[Proposal]:
    """A number that counts from one and wraps round as if from nothing, or the other way."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if not isinstance(node.op, ast.Mod) or isinstance(node.left, ast.Constant):
            continue
        left, right = program.tight(node.left), program.tight(node.right)
        yield program.replace(node, f"({left} - 1) % {right} + 1", "wrapping", 0.12)
        yield program.replace(node, f"{left} % {right} + 1", "wrapping", 0.1)
        yield program.replace(node, f"({left} % {right} or {right})", "wrapping", 0.06)
        yield program.replace(node, f"({left} + 1) % {right}", "wrapping", 0.06)


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


def fractions(program: SuspectProgram) -> Iterator[Proposal]:
    """The digits behind the point of a second, read as a number: ``.5`` is half a million
    microseconds."""
    if "datetime" not in program.source.text and "microsecond" not in program.source.text:
        return
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) == "int" and len(node.args) == 1 and not node.keywords:
            digits = program.tight(node.args[0])
            for new in (f'{digits}.ljust(6, "0")[:6]', f'{digits}.ljust(6, "0")', f"{digits}[:6]"):
                yield program.replace(node.args[0], new, "missing normalisation", 0.1)


def _is_called(program: SuspectProgram, node: ast.Attribute) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
