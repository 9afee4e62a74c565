"""Members of enumerations: the class body gives ``RED`` a value, the class makes an instance of it
(standard library, ``enum``)."""

from __future__ import annotations

from typing import Any

from analysis.semantics.jedi_provider.arms import resolved_order


def is_member(value: Any, leaf: Any) -> bool:
    """Whether the name ``leaf`` is certainly a member of ``value``, an enumeration."""
    if not value.is_class() or leaf.value.startswith("_"):
        return False
    order, whole = resolved_order(value)
    if not whole or all(facts.qualified != "enum.Enum" for facts in order):
        return False
    names = list(value.goto(leaf))
    return len(names) == 1 and _is_written_out(names[0].tree_name)


def _is_written_out(tree: Any) -> bool:
    """Whether a name is defined in a class body, by a constant: others may be descriptors, or say
    that they are no member."""
    statement = tree.get_definition() if tree is not None else None
    if statement is None or statement.type != "expr_stmt" or tree.parent is not statement:
        return False
    around = statement.search_ancestor("funcdef", "classdef")
    constant = statement.get_rhs().type in ("number", "string", "strings")
    return constant and around is not None and around.type == "classdef"
