"""What ``except … as error`` binds where several classes are caught (reference, *try*)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedi.inference import syntax_tree
from jedi.inference.base_value import ValueSet

_installed = False


def install() -> None:
    """Change jedi in this process; further calls do nothing."""
    global _installed
    if not _installed:
        _installed = True
        syntax_tree.tree_name_to_values = _spread(syntax_tree.tree_name_to_values)


def _spread(infer: Callable[..., Any]) -> Callable[..., Any]:
    def spread(state: Any, context: Any, tree_name: Any) -> Any:
        clause = tree_name.parent
        if getattr(clause, "type", "") != "except_clause" or clause.children[-1] is not tree_name:
            return infer(state, context, tree_name)
        caught = context.infer_node(clause.children[1])
        classes = [
            ValueSet.from_sets(lazy.infer() for lazy in value.py__iter__())
            if getattr(value, "array_type", None) == "tuple"
            else ValueSet([value])
            for value in caught._set
        ]
        errors = ValueSet.from_sets([*classes]).execute_with_values()
        errors.incomplete = errors.incomplete or caught.incomplete
        return errors

    return spread
