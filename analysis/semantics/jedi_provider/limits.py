"""What a type variable may stand for, as it is made: ``TypeVar("T", int, str)`` restricts it to
these types, ``TypeVar("T", bound=Base)`` to whatever is a ``Base`` (typing specification,
*Generics*)."""

from __future__ import annotations

import re
from typing import Any

_MADE = re.compile(r"(?:\w+\.)*(?P<form>TypeVar|TypeVarTuple|ParamSpec)\s*\(")


def is_variable(expression: Any) -> bool:
    """Whether an expression, a node of parso's, makes a variable for types."""
    return _MADE.match(expression.get_code(include_prefix=False)) is not None


def limits_of(expression: Any) -> list[Any]:
    """The annotations of the types that the variable made by ``expression`` is restricted to, or
    the one that it is bound to; none where it stands for any type."""
    made = _MADE.match(expression.get_code(include_prefix=False))
    listed = expression.children[-1].children[1]
    if made is None or made["form"] != "TypeVar" or listed.type != "arglist":
        return []
    _, *given = listed.children[::2]
    named = {a.children[0].value: a.children[2] for a in given if a.type == "argument"}
    restricted = [a for a in given if a.type != "argument"]
    return [named["bound"]] if "bound" in named else restricted
