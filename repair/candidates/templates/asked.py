"""What a condition was to ask besides: what is asked of the same values elsewhere, and whether
they are there at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function

#: Terms that are tried at a condition; how likely the first is missing (this share of the second
#: number), and how slowly those behind it are less likely.
_MOST, _MISSING, _NEXT = 16, 0.4, 4
#: How likely a value of a term may be ``None``, and one that is measured.
_NOTHING, _MEASURED = 0.1, 0.2


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of a condition: its text and its opposite, what it reads, and where it stands."""

    texts: tuple[str, str]
    names: frozenset[str]
    read: frozenset[str]
    function: Function | None
    owner: ast.ClassDef | None
    line: int


def elsewhere(program: SuspectProgram) -> Iterator[Proposal]:
    """A term of another condition of the file, or its opposite, whose names are all at hand."""
    conditions = [n for n in program.of(ast.If, ast.While, ast.IfExp, ast.Return) if _test(n)]
    known = _terms(program) if conditions else []
    for node in conditions:
        test = _test(node)
        assert test is not None
        text = program.operand(test)
        terms = [t for t in _ranked(program, known, node, test) if t not in text][:_MOST]
        for place, term in enumerate(terms):
            prior = _MISSING / (_NEXT + place)
            yield program.replace(test, f"{text} and {term}", "missing condition", prior)
            yield program.replace(test, f"{term} and {text}", "missing condition", 0.5 * prior)
            yield program.replace(test, f"{text} or {term}", "missing condition", 0.5 * prior)


def _test(node: ast.AST) -> ast.expr | None:
    """What ``node`` asks, or answers to what is asked."""
    if isinstance(node, ast.Return):
        return node.value if isinstance(node.value, ast.BoolOp | ast.Compare) else None
    return node.test if isinstance(node, ast.If | ast.While | ast.IfExp) else None


def _ranked(
    program: SuspectProgram, known: list[_Term], node: ast.AST, test: ast.expr
) -> list[str]:
    """Terms, those first that read what the condition itself reads, then those of its function;
    the nearest of each."""
    function = program.function(node)
    if function is None:
        return []
    owner, read = program.class_of(node), _read(program, test)
    hand = {*program.variables(node), "self", "cls"}
    found: dict[str, tuple[int, int]] = {}
    for term in known:
        distance = 0 if term.function is function else 1 if owner and term.owner is owner else 2
        shared = not read.isdisjoint(term.read)
        if (distance and not shared) or term.names - hand:
            continue
        rank = (distance - 3 * shared, abs(term.line - test.lineno))
        for text in term.texts:
            found[text] = min(rank, found.get(text, rank))
    return sorted(found, key=lambda text: found[text])


def _terms(program: SuspectProgram) -> list[_Term]:
    """The terms of all conditions of the file; of their names only those that are local there."""
    found = []
    for node in program.inside(program.tree):
        if not isinstance(node, ast.If | ast.While | ast.IfExp):
            continue
        function, owner = program.function(node), program.class_of(node)
        local = {*program.variables(node), "self", "cls"}
        for leaf in _leaves(node.test):
            names = frozenset(n.id for n in ast.walk(leaf) if isinstance(n, ast.Name)) & local
            texts = (program.text(leaf), program.opposite(leaf))
            read = _read(program, leaf)
            found.append(_Term(texts, names, read, function, owner, leaf.lineno))
    return found


def _leaves(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _leaves(value)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _leaves(test.operand)
    elif (
        isinstance(test, ast.Compare | ast.Call | ast.Attribute | ast.Name)
        and test.lineno == test.end_lineno
    ):
        yield test


def _read(program: SuspectProgram, test: ast.expr) -> frozenset[str]:
    """Variables, and members of them, that ``test`` reads."""
    return frozenset(
        program.text(inner)
        for inner in program.inside(test)
        if isinstance(inner, ast.Name | ast.Attribute)
    ) - {"self", "cls"}


def there(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that is compared or measured before anything asks whether there is one."""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        text = program.text(node)
        for value, prior in _compared(node).items():
            name = program.text(value)
            if name.isupper() or name in ("self", "cls"):
                continue
            for new in (f"({name} is not None and {text})", f"({name} and {text})"):
                yield program.replace(node, new, "null guard", prior)
            yield program.replace(node, f"({name} is None or {text})", "null guard", prior)
            yield program.replace(node, f"(not {name} or {text})", "null guard", 0.7 * prior)


def _compared(node: ast.Compare) -> dict[ast.expr, float]:
    """Variables and members that must not be ``None`` for ``node``, and how likely one is."""
    sides = [node.left, *node.comparators]
    ordered = isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    found: dict[ast.expr, float] = {}
    for side in sides:
        if isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.args:
            if side.func.id == "len":
                found[side.args[0]] = _MEASURED
        elif ordered:
            found[side] = _NOTHING
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        found[sides[-1]] = _NOTHING
    return {side: p for side, p in found.items() if isinstance(side, ast.Name | ast.Attribute)}
