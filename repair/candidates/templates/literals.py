"""Literals that hold several things: an element too many, a sign for its counterpart, a variable's
name in quotes, two results in each other's place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.source.file import OffsetEdit

_MOST_ELEMENTS = 16
#: Signs that are taken for each other: a bracket of another kind or direction.
_COUNTERPARTS = (
    *("()", "[]", "{}", "<>", "([", "([", "[{", "({", ")]", "]}", ")}"),
    *("'\"", "+-", ",;", ".,", "/\\", "-_"),
)


def elements(program: SuspectProgram) -> Iterator[Proposal]:
    """An element too many in a list, a tuple or a set, a letter too many in a string of signs."""
    for node in program.of(ast.List, ast.Tuple, ast.Set):
        assert isinstance(node, ast.List | ast.Tuple | ast.Set)
        if isinstance(getattr(node, "ctx", None), ast.Store) or len(node.elts) < 2:
            continue
        if len(node.elts) > _MOST_ELEMENTS:
            continue
        constants = all(isinstance(e, ast.Constant) for e in node.elts)
        prior = (0.5 if constants else 0.25) / len(node.elts)
        for index in range(len(node.elts)):
            yield Proposal("superfluous element", prior, (_without(program, node, index),), node)
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        value = node.value
        if isinstance(value, str) and 3 <= len(value) <= _MOST_ELEMENTS and " " not in value:
            if len(set(value)) < len(value) or not _is_searched(program, node):
                continue
            for index in range(len(value)):
                new = repr(value[:index] + value[index + 1 :])
                yield program.replace(node, new, "superfluous element", 0.4 / len(value))


def _without(
    program: SuspectProgram, node: ast.List | ast.Tuple | ast.Set, index: int
) -> OffsetEdit:
    span = program.source.span
    if index:
        return OffsetEdit(span(node.elts[index - 1])[1], span(node.elts[index])[1], "")
    return OffsetEdit(span(node.elts[0])[0], span(node.elts[1])[0], "")


def _is_searched(program: SuspectProgram, node: ast.Constant) -> bool:
    """Whether a string is looked at letter by letter, as far as one can see."""
    parent = program.parents.get(node)
    if isinstance(parent, ast.Compare):
        return any(isinstance(op, ast.In | ast.NotIn) for op in parent.ops)
    return isinstance(parent, ast.Assign | ast.For | ast.comprehension)


def counterparts(program: SuspectProgram) -> Iterator[Proposal]:
    """A bracket, a quote or a separator for its counterpart."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str) or len(node.value) != 1:
            continue
        for pair in dict.fromkeys(_COUNTERPARTS):
            if node.value in pair:
                other = pair[1 - pair.index(node.value)]
                quote = '"' if other != '"' else "'"
                text = repr(other) if other == "\\" else f"{quote}{other}{quote}"
                yield program.replace(node, text, "string", 0.2)


def quoted_names(program: SuspectProgram) -> Iterator[Proposal]:
    """A variable that stands in quotes."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if isinstance(node.value, str) and node.value in program.variables(node):
            name = node.value
            for text, prior in ((name, 0.5), (f"{name}.encode()", 0.2), (f"str({name})", 0.15)):
                yield program.replace(node, text, "variable", prior)


def swapped_results(program: SuspectProgram) -> Iterator[Proposal]:
    """Two constants that a function returns, each where the other belongs."""
    groups: dict[ast.AST, dict[str, list[ast.Constant]]] = {}
    for node in program.of(ast.Return):
        assert isinstance(node, ast.Return)
        function = program.function(node)
        if function is not None and isinstance(node.value, ast.Constant):
            by_text = groups.setdefault(function, {})
            by_text.setdefault(program.text(node.value), []).append(node.value)
    for by_text in groups.values():
        if len(by_text) == 2:
            one, other = by_text
            edits = [OffsetEdit(*program.source.span(node), other) for node in by_text[one]]
            edits += [OffsetEdit(*program.source.span(node), one) for node in by_text[other]]
            edits.sort(key=lambda edit: edit.start)
            yield Proposal("swapped results", 0.5, tuple(edits), by_text[one][0])
