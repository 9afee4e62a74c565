"""Assignments to items: ``a, kept[key] = 1, 2`` does not bind ``kept``.

jedi counts such a name among those that are bound, and where it is one target of several, gives it
the value of the item. Of ``kept[key] = a = 1`` it makes ``a`` the container, too.
"""

from __future__ import annotations

from typing import Any

from jedi.inference import syntax_tree
from jedi.inference.base_value import NO_VALUES
from jedi.inference.names import TreeNameDefinition

from analysis.semantics.jedi_provider.completeness import flagged

_infer = syntax_tree._infer_expr_stmt


def install() -> None:
    """Change jedi in this process; further calls change nothing more."""
    syntax_tree._infer_expr_stmt = _only_bound


def _only_bound(context: Any, stmt: Any, seek_name: Any = None) -> Any:
    if seek_name is None:
        return _infer(context, stmt, seek_name)
    if _is_read(seek_name, stmt):
        return flagged(NO_VALUES)
    first = stmt.children[0]
    if len(stmt.children) > 3 and not first.start_pos <= seek_name.start_pos < first.end_pos:
        # All targets of a chain get what stands on its right.
        name = TreeNameDefinition(context, seek_name)
        return syntax_tree.check_tuple_assignments(name, context.infer_node(stmt.get_rhs()))
    return _infer(context, stmt, seek_name)


def _is_read(name: Any, stmt: Any) -> bool:
    """Whether ``name`` is only the container in one of several targets."""
    whole = name.parent
    if whole is None or whole.parent is stmt or whole.type not in ("atom_expr", "power"):
        return False
    return whole.children[0] is name and whole.children[1].type == "trailer"
