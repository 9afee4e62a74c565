"""A constant where something at hand was to be handed on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Program, Proposal

#: How likely a variable is meant for a keyword of its name; and any variable, all together.
_OF_ITS_NAME, _ANY = 0.5, 0.6


def arguments(program: Program) -> Iterator[Proposal]:
    """An argument that is the same in every call: ``True``, ``False``, ``None`` or a number."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        named = [(word.value, word.arg) for word in node.keywords]
        for argument, name in (*((argument, None) for argument in node.args), *named):
            if not isinstance(argument, ast.Constant) or isinstance(argument.value, str | bytes):
                continue
            others = program.variables(node)
            for other in others:
                prior = _OF_ITS_NAME if other == name else _ANY / (3 + len(others))
                yield program.replace(argument, other, "variable", prior)
