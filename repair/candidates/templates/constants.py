"""Wrong constants, off by one or altogether, and values that are one away from the right one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import is_number

_STRINGS = ("", " ", ", ", ",", "\n", "_", "-", "/", ":", ".", "0")
_MODES = {"r": ("w", "a", "rb"), "w": ("a", "r", "wb"), "a": ("w",), "rb": ("r",), "wb": ("w",)}
_DATE = {"%m": "%M", "%M": "%m", "%y": "%Y", "%Y": "%y", "%H": "%I", "%I": "%H", "%d": "%m"}
_ENCODINGS = {"ascii": ("utf-8",), "latin-1": ("utf-8",), "utf-8": ("utf-8-sig", "latin-1")}


#: Numbers of one unit in another that are taken for each other.
_UNITS = {
    60: (3600, 24),
    3600: (60, 86400),
    24: (60, 12),
    1000: (1024, 60),
    1024: (1000,),
    100: (1000,),
    365: (366, 360),
    12: (24,),
}


def numbers(program: SuspectProgram) -> Iterator[Proposal]:
    """A number that is one off, of the wrong sign, or another number of the neighbourhood."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if not is_number(node):
            continue
        value = node.value
        assert isinstance(value, int | float)
        near: dict[int | float | str, float] = {}
        for other, likely in _near(program, node, value):
            # The same number for two reasons is as likely as for the better one.
            near[other] = max(near.get(other, 0.0), likely)
        for new, prior in near.items():
            if new != value:
                text = new if isinstance(new, str) else repr(new)
                yield program.replace(node, text, "constant", prior)


def _near(
    program: SuspectProgram, node: ast.AST, value: int | float
) -> Iterator[tuple[int | float | str, float]]:
    """Numbers that may be meant instead of ``value``, with priors."""
    yield from ((value + 1, 0.5), (value - 1, 0.5), (-value, 0.15), (value * 2, 0.08))
    yield from ((0, 0.25), (1, 0.25))
    if isinstance(value, int):
        yield from ((other, 0.15) for other in _UNITS.get(value, ()))
        yield from ((value * 10, 0.06), (value // 10, 0.04), (2, 0.06), (value // 2, 0.05))
        yield from ((number, 0.12) for number in _mentioned(program, node))
    else:
        yield from ((value * factor, 0.05) for factor in (10, 0.1, 100, 0.01))
    if value == 0:
        yield from (("None", 0.1), ('float("inf")', 0.12), ('float("-inf")', 0.12))


def _mentioned(program: SuspectProgram, node: ast.AST) -> set[int]:
    """Numbers that the docstring of the function names, and those it computes with elsewhere."""
    function = program.function(node)
    if function is None:
        return set()
    text = ast.get_docstring(function) or ""
    found = {int(number) for number in re.findall(r"(?<![\w.])\d{1,6}(?![\w.])", text)}
    for other in program.inside(function):
        if isinstance(other, ast.Constant) and type(other.value) is int:
            found.add(other.value)
    return set(sorted(found)[:12])


def one_off(program: SuspectProgram) -> Iterator[Proposal]:
    """``+ 1`` or ``- 1`` missing at an index, a bound, an argument or a result."""
    for node in program.suspicious:
        for place, prior in _countable(node):
            text = program.text(place)
            if is_number(place):
                continue
            if not isinstance(
                place, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BinOp
            ):
                continue
            factor = isinstance(node, ast.BinOp) and not (
                isinstance(node.op, ast.Sub) and place is node.left
            )
            for sign in ("+", "-"):
                new = f"({text} {sign} 1)" if factor else f"{text} {sign} 1"
                yield program.replace(place, new, "off by one", prior)


def _countable(node: ast.AST) -> list[tuple[ast.expr, float]]:
    """Places where a count or an index is likely, with how likely it is one off."""
    if isinstance(node, ast.Subscript):
        index = node.slice
        if isinstance(index, ast.Slice):
            return [(part, 0.35) for part in (index.lower, index.upper) if part is not None]
        return [(index, 0.25)] if not isinstance(index, ast.Tuple) else []
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return [(argument, 0.4 if name == "range" else 0.2) for argument in node.args[:5]]
    if isinstance(node, ast.Compare):
        if isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq):
            return [(node.left, 0.15), (node.comparators[-1], 0.25)]
        return []
    if isinstance(node, ast.Return) and node.value is not None:
        return [(node.value, 0.25)]
    if isinstance(node, ast.Assign | ast.AugAssign):
        return [(node.value, 0.2)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.LShift | ast.RShift):
        # How far is shifted is a place.
        return [(node.right, 0.25)]
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod | ast.Pow
    ):
        return [(node.left, 0.12), (node.right, 0.12)]
    return []


def truths(program: SuspectProgram) -> Iterator[Proposal]:
    """``True`` for ``False``, and ``None`` or an empty container for one another."""
    for node in program.of(ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.Call):
        if isinstance(node, ast.Constant):
            if node.value is True or node.value is False:
                yield program.replace(node, repr(not node.value), "constant", 0.5)
                yield program.replace(node, "None", "constant", 0.1)
            elif node.value is None:
                for text in ("[]", "0", '""', "{}", "False", "True", "()", "1"):
                    yield program.replace(node, text, "constant", 0.12)
        elif (empty := _empty(node)) is not None:
            for other in ("[]", "{}", "set()", "()", "None", '""', "0"):
                if other != empty:
                    assert isinstance(node, ast.expr)
                    yield program.replace(node, other, "container", 0.12)


def _empty(node: ast.AST) -> str | None:
    if isinstance(node, ast.List) and not node.elts and isinstance(node.ctx, ast.Load):
        return "[]"
    if isinstance(node, ast.Dict) and not node.keys:
        return "{}"
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return f"{name}()" if name in ("set", "list", "dict", "tuple") else None
    return None


def strings(program: SuspectProgram) -> Iterator[Proposal]:
    """Another separator, format letter, mode, encoding, pattern, or string of the neighbourhood."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str) or _in_format(program, node):
            continue
        for new, prior in _string_variants(program, node, node.value).items():
            if new != node.value:
                yield program.replace(node, _quoted(program, node, new), "string", prior)


def _in_format(program: SuspectProgram, node: ast.AST) -> bool:
    return isinstance(program.parents.get(node), ast.JoinedStr)


def _string_variants(program: SuspectProgram, node: ast.Constant, value: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for new, prior in _other_values(program, node, value):
        # The same string for two reasons is as likely as for the better one.
        found[new] = max(prior, found.get(new, 0.0))
    return found


def _other_values(
    program: SuspectProgram, node: ast.Constant, value: str
) -> Iterator[tuple[str, float]]:
    """Strings that may be meant instead of ``value``, with priors."""
    if len(value) <= 2:
        yield from ((new, 0.12) for new in _STRINGS)
    yield from ((new, 0.25) for new in _MODES.get(value, ()))
    yield from ((new, 0.25) for new in _ENCODINGS.get(value.lower(), ()))
    yield from ((value.replace(old, new), 0.25) for old, new in _DATE.items() if old in value)
    yield from ((value.strip(), 0.1), (value + " ", 0.05), (" " + value, 0.05))
    yield from ((value.lower(), 0.08), (value.upper(), 0.08), (value.capitalize(), 0.08))
    if len(value) > 2:
        yield from ((value + "\n", 0.03), (value[:-1], 0.06), (value[1:], 0.06))
    if any(sign in value for sign in "\\[(^$.*+|"):
        yield from ((new, 0.12) for new in _pattern_variants(value))
    yield from ((new, 0.1) for new in _other_strings(program, node, value))


def _pattern_variants(value: str) -> Iterator[str]:
    """Regular expressions that differ in one quantifier, anchor or class."""
    for index, character in enumerate(value):
        if character in "+*" and index:
            yield value[:index] + ("*" if character == "+" else "+") + value[index + 1 :]
            yield value[: index + 1] + "?" + value[index + 1 :]
            yield value[:index] + value[index + 1 :]
        elif character == "?" and index and value[index - 1] in "+*":
            yield value[:index] + value[index + 1 :]
        elif character == "." and (not index or value[index - 1] != "\\"):
            yield value[:index] + "\\." + value[index + 1 :]
    # The first alternative that fits wins: a longer one behind a shorter one never does.
    first, bar, rest = value.partition("|")
    if bar and "(" not in first and ")" not in rest:
        yield f"{rest}|{first}"
    for group in re.finditer(r"\((?:\?(?:P<\w+>|:))?([^()|]+)\|([^()]+)\)", value):
        swapped = f"{group.group(2)}|{group.group(1)}"
        yield value[: group.start(1)] + swapped + value[group.end(2) :]
    if not value.startswith("^"):
        yield "^" + value
    if not value.endswith("$"):
        yield value + "$"
    for old, new in (
        ("\\d", "\\w"),
        ("\\w", "\\d"),
        ("\\s", "\\S"),
        ("\\d", "\\d+"),
        ("\\w", "\\w+"),
    ):
        if old in value and new not in value:
            yield value.replace(old, new)


def _other_strings(program: SuspectProgram, node: ast.AST, value: str) -> list[str]:
    """Short strings of the same function, or of the same class, or else of the module."""
    scope = program.function(node) or program.class_of(node) or program.tree
    wider = program.class_of(node) or program.tree
    found: dict[str, None] = {}
    for area in (scope, wider):
        for other in program.inside(area):
            if (
                isinstance(other, ast.Constant)
                and isinstance(other.value, str)
                and 0 < len(other.value) <= 30
                and other.value != value
            ):
                found[other.value] = None
        if len(found) >= 12:
            break
    return list(found)[:16]


def _quoted(program: SuspectProgram, node: ast.Constant, value: str) -> str:
    """``value`` as a literal in the style of ``node``."""
    old = program.text(node)
    raw = old[:1] in "rR" and "\n" not in value and not value.endswith("\\")
    quote = "'" if old.lstrip("rRbBuU")[:1] == "'" else '"'
    if raw and quote not in value:
        return f"r{quote}{value}{quote}"
    text = repr(value)
    inner = text[1:-1]
    if text[0] == "'" and quote == '"' and '"' not in inner:
        return f'"{inner}"'
    return text
