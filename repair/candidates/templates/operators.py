"""Operators and conditions: comparison, arithmetic, boolean, how operands are grouped, and what is
asked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function
from repair.source.file import OffsetEdit

# Conditions that do not ask what they seem to: by precedence, by truth, in the wrong order.


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


# What a condition was to ask besides: what is asked of the same values elsewhere, and whether they
# are there at all.


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


_COMPARISONS: dict[type[ast.cmpop], tuple[str, dict[str, float]]] = {
    ast.Lt: ("<", {"<=": 0.9, ">": 0.4, ">=": 0.25, "!=": 0.1, "==": 0.12}),
    ast.LtE: ("<=", {"<": 0.9, ">=": 0.4, ">": 0.25, "==": 0.1}),
    ast.Gt: (">", {">=": 0.9, "<": 0.4, "<=": 0.25, "!=": 0.1, "==": 0.12}),
    ast.GtE: (">=", {">": 0.9, "<=": 0.4, "<": 0.25, "==": 0.1}),
    ast.Eq: ("==", {"!=": 0.5, "<=": 0.2, ">=": 0.2, "in": 0.1, "is": 0.05, "<": 0.1, ">": 0.1}),
    ast.NotEq: ("!=", {"==": 0.5, "<": 0.15, ">": 0.15, "not in": 0.1, "is not": 0.05}),
    ast.In: ("in", {"not in": 0.5, "==": 0.15}),
    ast.NotIn: ("not in", {"in": 0.5, "!=": 0.1}),
    ast.Is: ("is", {"is not": 0.5, "==": 0.3}),
    ast.IsNot: ("is not", {"is": 0.5, "!=": 0.3}),
}
_ORDER = frozenset({"<", "<=", ">", ">="})
_OF_WORDS = 0.1
#: What nobody writes beside another one in a chain: ``a <= b >= c``.
_AGAINST = {"<": (">", ">="), ">": ("<", "<=")}
_ARITHMETIC: dict[type[ast.operator], tuple[str, dict[str, float]]] = {
    ast.Add: ("+", {"-": 0.45, "*": 0.3, "//": 0.04, "|": 0.03, "%": 0.02}),
    ast.Sub: ("-", {"+": 0.6, "*": 0.1, "/": 0.08, "//": 0.08, "%": 0.05}),
    ast.Mult: ("*", {"/": 0.35, "+": 0.3, "//": 0.2, "**": 0.25, "-": 0.05}),
    ast.Div: ("/", {"//": 0.6, "*": 0.4, "%": 0.1}),
    ast.FloorDiv: ("//", {"/": 0.6, "%": 0.4, "*": 0.15}),
    ast.Mod: ("%", {"//": 0.4, "/": 0.15, "*": 0.05, "-": 0.05}),
    ast.Pow: ("**", {"*": 0.5, "+": 0.05}),
    ast.BitAnd: ("&", {"|": 0.5, "^": 0.3, "-": 0.1}),
    ast.BitOr: ("|", {"&": 0.5, "^": 0.3, "-": 0.1, "+": 0.1}),
    ast.BitXor: ("^", {"&": 0.5, "|": 0.4}),
    ast.LShift: ("<<", {">>": 0.6}),
    ast.RShift: (">>", {"<<": 0.6}),
}
#: How tightly an operator binds: the levels of the language reference.
_BINDING: dict[type[ast.operator], int] = {
    ast.BitOr: 1,
    ast.BitXor: 2,
    ast.BitAnd: 3,
    ast.LShift: 4,
    ast.RShift: 4,
    ast.Add: 5,
    ast.Sub: 5,
    ast.Mult: 6,
    ast.Div: 6,
    ast.FloorDiv: 6,
    ast.Mod: 6,
    ast.MatMult: 6,
    ast.Pow: 8,
}
#: Where the order of operands matters.
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.Add, ast.LShift, ast.RShift)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def comparisons(program: SuspectProgram) -> Iterator[Proposal]:
    """``<`` for ``<=`` and its kin; operands the wrong way round."""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        sides = [node.left, *node.comparators]
        for index, operator in enumerate(node.ops):
            old, others = _COMPARISONS[type(operator)]
            chained = {
                sign
                for index_of, other in enumerate(node.ops)
                if index_of != index
                for sign in _AGAINST.get(_COMPARISONS[type(other)][0][0], ())
            }
            for new, prior in others.items():
                if new in chained:
                    continue
                if new in _ORDER and old not in _ORDER and any(map(_is_text, sides)):
                    # Words are told apart; which comes first nobody asks.
                    prior *= _OF_WORDS
                edit = program.between(sides[index], sides[index + 1], old, new)
                if edit is not None:
                    yield Proposal("comparison", prior, (edit,), node)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn | ast.Lt | ast.Gt):
            yield _swapped(program, node.left, node.comparators[0], node, 0.1)


def arithmetic(program: SuspectProgram) -> Iterator[Proposal]:
    """A wrong operator, a missing or superfluous operand, operands the wrong way round."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            others = {"+": 0.3} if isinstance(node.op, ast.Mod) else {}
            old = _ARITHMETIC[type(node.op)][0]
        elif type(node.op) in _ARITHMETIC:
            old, others = _ARITHMETIC[type(node.op)]
        else:
            continue
        for new, prior in others.items():
            edit = program.between(node.left, node.right, old, new)
            if edit is not None:
                yield Proposal("arithmetic", prior, (edit,), node)
        for operand, prior in ((node.left, 0.3), (node.right, 0.2)):
            alone = _in_place_of(program, operand, node)
            yield program.replace(node, alone, "superfluous operand", prior)
        yield from _shortened(program, node)
        if isinstance(node.op, _ORDERED):
            yield _swapped(program, node.left, node.right, node, 0.3)
    for node in program.of(ast.AugAssign):
        assert isinstance(node, ast.AugAssign)
        if type(node.op) not in _ARITHMETIC:
            continue
        old, others = _ARITHMETIC[type(node.op)]
        for new, prior in others.items():
            edit = program.between(node.target, node.value, old + "=", new + "=")
            if edit is not None:
                yield Proposal("arithmetic", prior, (edit,), node)
        edit = program.between(node.target, node.value, old + "=", "=")
        if edit is not None:
            yield Proposal("assignment", 0.25, (edit,), node)


def _shortened(program: SuspectProgram, node: ast.BinOp) -> Iterator[Proposal]:
    """``a op b op c`` without ``b`` and one of the signs beside it."""
    left = node.left
    text, span = program.source.text, program.source.span
    if not isinstance(left, ast.BinOp) or span(left)[0] != span(node)[0]:
        return
    two = program.text(node.right)
    if span(left)[0] != span(left.left)[0]:
        # ``(a) op b op c``: what is in parentheses keeps them.
        before = text[span(left)[0] : span(left.right)[0]]
        if before.count("(") == before.count(")"):
            yield program.replace(node, f"{before}{two}", "superfluous operand", 0.2)
        return
    before, after = text[span(left.left)[1] : span(left.right)[0]], text[span(left)[1] :]
    after = after[: span(node.right)[0] - span(left)[1]]
    one = program.text(left.left)
    for sign in dict.fromkeys((before, after)):
        yield program.replace(node, f"{one}{sign}{two}", "superfluous operand", 0.2)


def both_sides(program: SuspectProgram) -> Iterator[Proposal]:
    """A comparison of two values that were to be brought to one form first."""
    forms = {"set({})": 0.12, "sorted({})": 0.12, "len({})": 0.06, "{}.lower()": 0.12}
    forms |= {"{}.strip()": 0.08, "str({})": 0.06, "int({})": 0.06, "abs({})": 0.08}
    forms |= {"list({})": 0.06, "{}.casefold()": 0.06, "float({})": 0.03, "tuple({})": 0.03}
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        if len(node.ops) != 1 or isinstance(node.ops[0], ast.Is | ast.IsNot):
            continue
        sides = (node.left, node.comparators[0])
        if any(isinstance(side, ast.Constant | ast.GeneratorExp) for side in sides):
            continue
        for form, prior in forms.items():
            texts = [program.tight(s) if form[0] == "{" else program.text(s) for s in sides]
            edits = tuple(
                OffsetEdit(*program.source.span(side), form.format(text))
                for side, text in zip(sides, texts, strict=True)
            )
            yield Proposal("missing call", prior, edits, node)


def _in_place_of(program: SuspectProgram, operand: ast.expr, node: ast.BinOp) -> str:
    """The text of ``operand`` where ``node`` stood: in parentheses if it binds less tightly."""
    if isinstance(operand, ast.BinOp):
        looser = _BINDING[type(operand.op)] < _BINDING[type(node.op)]
        return f"({program.text(operand)})" if looser else program.text(operand)
    return program.tight(operand)


def _swapped(
    program: SuspectProgram, left: ast.expr, right: ast.expr, node: ast.AST, prior: float
) -> Proposal:
    one, other = program.source.span(left), program.source.span(right)
    edits = (OffsetEdit(*one, program.text(right)), OffsetEdit(*other, program.text(left)))
    return Proposal("swapped operands", prior, edits, node)


def booleans(program: SuspectProgram) -> Iterator[Proposal]:
    """``and`` for ``or``, a superfluous condition, a missing or superfluous ``not``."""
    for node in program.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        pairs = list(zip(node.values, node.values[1:], strict=False))
        edits = [program.between(left, right, old, new) for left, right in pairs]
        kept = tuple(edit for edit in edits if edit is not None)
        if kept:
            yield Proposal("boolean", 0.6, kept, node)
        for index in range(len(node.values)):
            rest = [program.text(v) for i, v in enumerate(node.values) if i != index]
            text = f" {old} ".join(rest)
            yield program.replace(node, text, "superfluous condition", 0.35)
    for node in program.of(ast.UnaryOp):
        assert isinstance(node, ast.UnaryOp)
        if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
            yield program.replace(node, program.tight(node.operand), "superfluous negation", 0.4)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Name | ast.Attribute):
            text = program.text(node.operand)
            yield program.replace(node, f"{text} is None", "none check", 0.3)
    for node in program.suspicious:
        for condition in _conditions(node):
            if not isinstance(condition, ast.Compare | ast.UnaryOp):
                yield program.replace(
                    condition, f"not {program.tight(condition)}", "missing negation", 0.35
                )
            elif isinstance(condition, ast.Compare) and len(condition.ops) > 1:
                yield program.replace(
                    condition, f"not ({program.text(condition)})", "missing negation", 0.2
                )
            yield program.replace(condition, "True", "constant condition", 0.12)
            yield program.replace(condition, "False", "constant condition", 0.12)
            if isinstance(condition, ast.Name | ast.Attribute):
                text = program.text(condition)
                yield program.replace(condition, f"{text} is not None", "none check", 0.25)
                yield program.replace(condition, f"{text} is None", "none check", 0.1)


def _conditions(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return [node.test]
    if isinstance(node, ast.comprehension):
        return list(node.ifs)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        return [condition for generator in node.generators for condition in generator.ifs]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    if isinstance(node, ast.Return) and isinstance(
        node.value, ast.Call | ast.Name | ast.BoolOp | ast.Attribute
    ):
        return [node.value]
    return []
