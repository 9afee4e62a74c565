"""Expressions of the same function in another place, and what nothing reads: most fixes are there
already.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, is_docstring, is_number, parameters

# Code of the same function in another place: most fixes are made of what is there already.
#
# After the plastic surgery hypothesis (Barr et al., FSE 2014).


#: Expressions of a function that are tried in place of another one.
_MOST = 10
_MEASURING = ("len", "sum", "max", "min", "sorted", "enumerate", "set")


def expressions(program: SuspectProgram) -> Iterator[Proposal]:
    """An expression in place of another of its kind, or of a variable."""
    kinds = (ast.Subscript, ast.Attribute, ast.Call, ast.BinOp, ast.Compare)
    for node in program.of(*kinds):
        assert isinstance(node, ast.expr)
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            continue
        function = program.function(node)
        if function is None:
            continue
        text = program.text(node)
        others = _alike(program, function, node)
        for other in others:
            if other != text:
                yield program.replace(node, other, "expression", 0.5 / (3 + len(others)))
        names = program.variables(node)
        if not isinstance(node, ast.Name) and not isinstance(
            program.parents.get(node), ast.Expr | ast.Attribute
        ):
            for name in names:
                yield program.replace(node, name, "variable", 0.5 / (3 + len(names)))


def derived(program: SuspectProgram) -> Iterator[Proposal]:
    """The size or the negative of a variable in place of one."""
    for node in program.of(ast.Name, ast.Constant, ast.Call):
        parent = program.parents.get(node)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            continue
        if not isinstance(parent, ast.BinOp | ast.Assign | ast.Return | ast.Compare | ast.Call):
            continue
        if isinstance(parent, ast.Call) and parent.func is node:
            continue
        assert isinstance(node, ast.expr)
        function = program.function(node)
        names = program.variables(node)
        sized = _sized(program, function) if function is not None else set()
        for name in names:
            if name in sized:
                prior = 0.6 / (3 + len(sized))
                yield program.replace(node, f"len({name})", "variable", prior)
            if isinstance(node, ast.Name | ast.Call) and not isinstance(parent, ast.Call):
                yield program.replace(node, f"-{name}", "variable", 0.15 / (3 + len(names)))


def _sized(program: SuspectProgram, function: Function) -> set[str]:
    """Names that are gone through, indexed or measured: what has a length."""
    found: set[str] = set()
    for node in program.inside(function):
        place: ast.expr | None = None
        if isinstance(node, ast.For | ast.comprehension):
            place = node.iter
        elif isinstance(node, ast.Subscript):
            place = node.value
        elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in _MEASURING:
            place = node.args[0]
        if isinstance(place, ast.Name):
            found.add(place.id)
    return found


def _alike(program: SuspectProgram, function: Function, node: ast.expr) -> list[str]:
    found: dict[str, None] = {}
    for other in program.inside(function):
        if type(other) is type(node) and isinstance(other, ast.expr):
            inside = node.lineno <= other.lineno and other is not node
            if inside and program.text(node) in program.text(other):
                continue
            found[program.text(other)] = None
    return list(found)[:_MOST]


def targets(program: SuspectProgram) -> Iterator[Proposal]:
    """A result that belongs where its own expression reads from, or where another one goes."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        function = program.function(node)
        if function is None or len(node.targets) != 1:
            continue
        target = node.targets[0]
        text = program.text(target)
        found: dict[str, float] = {}
        for inner in ast.walk(node.value):
            if isinstance(inner, ast.Subscript | ast.Attribute):
                found[program.text(inner)] = 0.3
        for other in program.inside(function):
            if isinstance(other, ast.Assign) and not isinstance(other.targets[0], ast.Name):
                found.setdefault(program.text(other.targets[0]), 0.15)
        for new, prior in list(found.items())[:_MOST]:
            if new != text:
                yield program.replace(target, new, "target", prior)


def terms(program: SuspectProgram) -> Iterator[Proposal]:
    """A term that is missing from a sum, a product or a concatenation."""
    for node in program.suspicious:
        for place in _summed(node):
            function = program.function(place)
            if function is None or is_number(place):
                continue
            text = program.text(place)
            tight = program.tight(place)
            names = [n for n in program.variables(place) if n != text]
            share = 0.6 / (3 + len(names))
            if program.is_hopeless(place, "missing term", share):
                continue
            for name in names:
                yield program.replace(place, f"{tight} + {name}", "missing term", share)
                yield program.replace(place, f"{tight} - {name}", "missing term", share)
                yield program.replace(place, f"{name} + {tight}", "missing term", 0.6 * share)
                yield program.replace(place, f"{name} - {tight}", "missing term", 0.4 * share)
                yield program.replace(place, f"{tight} * {name}", "missing term", 0.3 * share)
                yield program.replace(place, f"{tight} % {name}", "missing term", 0.3 * share)


def _summed(node: ast.AST) -> list[ast.expr]:
    """Expressions whose value a term may be missing from."""
    places: list[ast.expr | None] = []
    if isinstance(node, ast.Return | ast.Assign | ast.AugAssign):
        places = [node.value]
    elif isinstance(node, ast.Call):
        places = [*node.args]
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        places = [node.slice]
    elif isinstance(node, ast.Compare):
        places = [node.left, *node.comparators]
    kinds = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.ListComp, ast.List, ast.BinOp)
    return [place for place in places if isinstance(place, kinds)]


def assignments(program: SuspectProgram) -> Iterator[Proposal]:
    """A variable that was to be carried on to another one: ``previous = node``."""
    for node in program.suspicious:
        if not isinstance(node, ast.stmt) or isinstance(node, Function | ast.ClassDef):
            continue
        function = program.function(node)
        if function is None:
            continue
        stored = {
            n.id
            for n in program.inside(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        names = program.variables(node)
        prior = 0.4 / (4 + len(names) ** 2)
        if program.is_hopeless(node, "missing assignment", prior):
            continue
        for name in names:
            if name not in stored:
                continue
            for other in names:
                if other != name:
                    line = [f"{name} = {other}"]
                    yield program.insert_before(node, line, "missing assignment", prior)
                    if not isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise):
                        yield program.insert_after(node, line, "missing assignment", prior)


# A parameter, variable or import that nothing reads: it is there, so somewhere it was to count.


def unread_given(program: SuspectProgram) -> Iterator[Proposal]:
    """In place of a constant or of another name, or as one more condition or bound."""
    for function, name in _unread(program):
        for node in program.inside(function):
            if not isinstance(node, ast.expr) or program.weight(node) <= 0:
                continue
            if program.function(node) is not function:
                continue
            text = program.text(node)
            if isinstance(node, ast.Constant) and not is_docstring(program.parents[node]):
                yield program.replace(node, name, "unread parameter", 0.4)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield program.replace(node, name, "unread parameter", 0.3)
            elif isinstance(node, ast.Compare) and not _in_condition(program, node):
                yield program.replace(node, f"{text} and {name}", "unread parameter", 0.15)
                yield program.replace(node, f"{text} or {name}", "unread parameter", 0.08)
                for sign in ("<", "<=") if _upwards(node) else (">", ">="):
                    yield program.replace(node, f"{text} {sign} {name}", "unread parameter", 0.1)


def _in_condition(program: SuspectProgram, node: ast.expr) -> bool:
    return isinstance(program.parents.get(node), ast.BoolOp | ast.UnaryOp)


def _upwards(node: ast.Compare) -> bool:
    return isinstance(node.ops[-1], ast.Lt | ast.LtE)


def _unread(program: SuspectProgram) -> Iterator[tuple[Function, str]]:
    for node in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, Function)
        for name in parameters(node):
            if name not in ("self", "cls") and not _reads(program, node, name):
                yield node, name


def _reads(program: SuspectProgram, function: Function, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for node in program.inside(function)
    )
