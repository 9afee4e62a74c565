"""How values become text: templates without their ``f``, format and date codes, joined values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.source.file import OffsetEdit

_FIELD = re.compile(r"(?<!\{)\{([A-Za-z_]\w*)[^{}]*\}")
_CODE = re.compile(r"(?<=:)[^{}:'\"\n]*?(?=\})")
#: Letters of dates that are taken for one another (the library reference, "Format Codes").
_DATES = ("mM", "dm", "yY", "HI", "bB", "aA", "jd", "MS")


def unmarked(program: SuspectProgram) -> Iterator[Proposal]:
    """``"{name}"`` that was to be an f-string."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        parent = program.parents.get(node)
        if not isinstance(node.value, str) or isinstance(parent, ast.JoinedStr):
            continue
        at_hand = {*program.variables(node), *program.module_names, "self"}
        fields = set(_FIELD.findall(node.value))
        if fields and fields <= at_hand and not _is_formatted(program, node):
            start = program.source.span(node)[0]
            yield Proposal("string", 0.6, (OffsetEdit(start, start, "f"),), node)


def dropped(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that was to be shown in an f-string too: at its begin, at its end, or between."""
    for node in program.of(ast.JoinedStr):
        assert isinstance(node, ast.JoinedStr)
        text = program.text(node)
        opened = re.match(r"[A-Za-z]+(\"\"\"|'''|\"|')", text)
        names = _shown_elsewhere(program, node)
        if opened is None or not names:
            continue
        start, end = program.source.span(node)
        places = [start + opened.end(), end - len(opened[1])]
        for match in re.finditer(r"(?<!\})\}(?!\})(?=\{)", text):
            places.append(start + match.end())
        for name, prior in names.items():
            for place in dict.fromkeys(places):
                edit = OffsetEdit(place, place, f"{{{name}}}")
                yield Proposal("string", prior, (edit,), node)


def _shown_elsewhere(program: SuspectProgram, node: ast.JoinedStr) -> dict[str, float]:
    """Names at hand that this text does not show, likelier where the function shows them in another
    one, or keeps a text in them."""
    function = program.function(node)
    if function is None:
        return {}
    here = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    other: set[str] = set()
    texts: set[str] = set()
    for inner in program.inside(function):
        if isinstance(inner, ast.JoinedStr) and inner is not node:
            other |= {n.id for n in ast.walk(inner) if isinstance(n, ast.Name)}
        elif isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
            value = inner.value
            if isinstance(value, ast.JoinedStr) or (
                isinstance(value, ast.Constant) and isinstance(value.value, str)
            ):
                texts.add(inner.targets[0].id)
    found = {}
    for name in program.variables(node):
        if name not in here:
            found[name] = 0.3 if name in other & texts else 0.2 if name in other | texts else 0.04
    return found


def _is_formatted(program: SuspectProgram, node: ast.AST) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Attribute) and parent.attr in ("format", "format_map")


def codes(program: SuspectProgram) -> Iterator[Proposal]:
    """Another number of digits, a width filled with zeros, a thousands separator."""
    for node in program.of(ast.JoinedStr, ast.Call):
        text = program.text(node)  # type: ignore[arg-type]
        whole = isinstance(node, ast.JoinedStr)
        if not whole and not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name | ast.Attribute)
            and program.text(node.func).endswith("format")
        ):
            continue
        start = program.source.span(node)[0]  # type: ignore[arg-type]
        for found in _CODE.finditer(text):
            for new, prior in _other_codes(found.group()).items():
                edit = OffsetEdit(start + found.start(), start + found.end(), new)
                yield Proposal("string", prior, (edit,), node)


def _other_codes(code: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for number in re.finditer(r"\d+", code):
        value = int(number.group())
        for other in (value + 1, value - 1):
            if other >= 0:
                kept = str(other).rjust(len(number.group()), "0")
                found[code[: number.start()] + kept + code[number.end() :]] = 0.25
    if re.fullmatch(r"[1-9]\d*d?", code):
        found[f"0{code}"] = 0.3
    if re.fullmatch(r"\.\d+f", code):
        found[f",{code}"] = 0.08
    for sign, another in (("<", ">"), (">", "<"), ("^", "<"), ("x", "X"), ("f", "g")):
        if sign in code:
            found[code.replace(sign, another)] = 0.1
    return found


def quoted(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that was to be shown as it is written: ``{name!r}``."""
    for node in program.of(ast.JoinedStr):
        assert isinstance(node, ast.JoinedStr)
        start = program.source.span(node)[0]
        for found in re.finditer(r"(?<!\{)\{[\w.]+(?=\})", program.text(node)):
            at = start + found.end()
            yield Proposal("string", 0.1, (OffsetEdit(at, at, "!r"),), node)


def dates(program: SuspectProgram) -> Iterator[Proposal]:
    """A letter of a date format that is taken for another, or two in each other's place."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str) or node.value.count("%") < 1:
            continue
        text, start = program.text(node), program.source.span(node)[0]
        places = [m.start() + 1 for m in re.finditer(r"%[A-Za-z]", text)]
        for index, place in enumerate(places):
            letter = text[place]
            for pair in _DATES:
                if letter in pair:
                    new = pair[1 - pair.index(letter)]
                    edit = OffsetEdit(start + place, start + place + 1, new)
                    yield Proposal("string", 0.15, (edit,), node)
            for other in places[index + 1 :]:
                if text[other] != letter:
                    edits = (
                        OffsetEdit(start + place, start + place + 1, text[other]),
                        OffsetEdit(start + other, start + other + 1, letter),
                    )
                    yield Proposal("string", 0.2, edits, node)


def joined(program: SuspectProgram) -> Iterator[Proposal]:
    """``sep.join(values)`` of values that are no strings."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        method = node.func
        if isinstance(method, ast.Attribute) and method.attr == "join" and len(node.args) == 1:
            value = node.args[0]
            if isinstance(value, ast.GeneratorExp | ast.ListComp):
                new = f"str({program.text(value.elt)})"
                yield program.replace(value.elt, new, "missing call", 0.12)
            else:
                new = f"map(str, {program.text(value)})"
                yield program.replace(value, new, "missing call", 0.12)
