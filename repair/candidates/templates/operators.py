"""Wrong operators: comparison, arithmetic, boolean, and how operands are grouped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.source.file import OffsetEdit

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


def signs(program: SuspectProgram) -> Iterator[Proposal]:
    """An amount that is handed on and was to count the other way."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        given = [part for a in node.args for part in (a.elts if isinstance(a, ast.Tuple) else [a])]
        for argument in (*given, *(keyword.value for keyword in node.keywords)):
            if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript):
                new = f"-{program.text(argument)}"
                yield program.replace(argument, new, "missing negation", 0.12 / len(given or "-"))


def absences(program: SuspectProgram) -> Iterator[Proposal]:
    """``d.get(k) is None``, which an entry of ``None`` meets too, for ``k not in d``."""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        call, nothing = node.left, node.comparators[0]
        if (
            isinstance(node.ops[0], ast.Is | ast.IsNot)
            and isinstance(nothing, ast.Constant)
            and nothing.value is None
            and isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "get"
            and len(call.args) == 1
        ):
            sign = "not in" if isinstance(node.ops[0], ast.Is) else "in"
            new = f"{program.text(call.args[0])} {sign} {program.text(call.func.value)}"
            yield program.replace(node, new, "none check", 0.4)


def grouping(program: SuspectProgram) -> Iterator[Proposal]:
    """Operands that belong together and are taken apart by precedence."""
    for node in program.of(ast.BinOp, ast.BoolOp, ast.UnaryOp):
        if isinstance(node, ast.BinOp):
            yield from _regrouped(program, node)
        elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            last = node.values[-1]
            if isinstance(last, ast.BoolOp) and len(node.values) == 2:
                rest = program.source.text[
                    program.source.span(last.values[0])[1] : program.source.span(last)[1]
                ]
                first = f"({program.text(node.values[0])} or {program.text(last.values[0])})"
                yield program.replace(node, first + rest, "grouping", 0.25)
            first_part = node.values[0]
            if isinstance(first_part, ast.BoolOp) and len(first_part.values) >= 2:
                span, whole = program.source.span, program.source.text
                before = whole[span(node)[0] : span(first_part.values[-1])[0]]
                behind = whole[span(first_part.values[-1])[0] : span(node)[1]]
                if "(" not in before and ")" not in behind.rstrip(")"):
                    yield program.replace(node, f"{before}({behind})", "grouping", 0.3)
    for node in program.of(ast.IfExp):
        assert isinstance(node, ast.IfExp)
        body, orelse = program.text(node.body), program.text(node.orelse)
        test = program.text(node.test)
        yield program.replace(node, f"{orelse} if {test} else {body}", "swapped branches", 0.3)
        yield program.replace(node, body, "superfluous branch", 0.1)
        yield program.replace(node, orelse, "superfluous branch", 0.1)


def _regrouped(program: SuspectProgram, node: ast.BinOp) -> Iterator[Proposal]:
    text, span = program.source.text, program.source.span
    left, right = node.left, node.right
    if isinstance(right, ast.BinOp) and span(right)[0] >= span(left)[1]:
        middle = text[span(left)[1] : span(right.left)[0]]
        if "(" not in middle:
            behind = text[span(right.left)[1] : span(right)[1]]
            new = f"({program.text(left)}{middle}{program.text(right.left)}){behind}"
            yield program.replace(node, new, "grouping", 0.3)
    if isinstance(left, ast.BinOp):
        middle = text[span(left.right)[1] : span(right)[0]]
        if ")" not in middle:
            before = text[span(node)[0] : span(left.right)[0]]
            new = f"{before}({program.text(left.right)}{middle}{program.text(right)})"
            yield program.replace(node, new, "grouping", 0.3)


def signs_of_all(program: SuspectProgram) -> Iterator[Proposal]:
    """The signs of all arguments of a call, or of all elements: a vector is turned as a whole."""
    for node in program.of(ast.Call, ast.Tuple):
        assert isinstance(node, ast.Call | ast.Tuple)
        parts = node.elts if isinstance(node, ast.Tuple) else list(node.args)
        if isinstance(node, ast.Call):
            parts += [keyword.value for keyword in node.keywords if keyword.arg]
        if len(parts) < 2 or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        if all(isinstance(part, ast.Name | ast.Attribute) for part in parts):
            starts = [program.source.span(part)[0] for part in parts]
            edits = tuple(OffsetEdit(start, start, "-") for start in sorted(starts))
            yield Proposal("arithmetic", 0.1, edits, node)
