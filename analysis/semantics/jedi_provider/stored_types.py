"""What the methods of a class store in an attribute that nothing declares.

As type checkers read it: the attribute is whatever the class and its bases assign to it, wherever
in them that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jedi.inference.syntax_tree import tree_name_to_values

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.accepted import OpenTypeError
from analysis.semantics.jedi_provider.arms import resolved_order
from analysis.semantics.jedi_provider.assignable import Given, Sort, given_of
from analysis.semantics.jedi_provider.session import JediSession


def stored(session: JediSession, value: Any, leaf: Any) -> Iterator[Given]:
    """What the attribute named by ``leaf`` of an instance ``value`` was assigned; nothing where it
    is declared, or defined by other means than assignments.

    Raises :class:`~analysis.semantics.jedi_provider.accepted.OpenTypeError` where not all of it is
    known.
    """
    if not value.is_instance():
        return
    names = [
        name
        for found in value.get_filters(origin_scope=session.context_of(leaf).tree_node)
        for name in found.get(leaf.value)
    ]
    trees = [name.tree_name for name in names]
    if not trees or not all(tree is not None and _assigned(tree) for tree in trees):
        return
    if not resolved_order(value.py__class__())[1]:
        raise OpenTypeError("not all of its bases are known")
    for module in {id(tree.get_root_node()): tree.get_root_node() for tree in trees}.values():
        # Code around the class may store something else.
        if re.search(rf"(?<!\bself)\.{leaf.value}\s*(?::[^=\n]+)?=(?!=)", module.get_code()):
            raise OpenTypeError("other code assigns to it")
    for name, tree in zip(names, trees, strict=True):
        context = name.get_root_context().create_context(tree)
        values = tree_name_to_values(session.state, context, tree)
        if completeness.incomplete(values) or not values:
            raise OpenTypeError("not all values stored in it are known")
        for one in values._set:
            given = given_of(one)
            if given is None or given.sort is Sort.NONE:
                # It is to get another value yet.
                raise OpenTypeError("the values stored in it are not visible")
            yield replace(given, declared=False)


def _assigned(tree: Any) -> bool:
    """Whether a name is the target of a plain assignment."""
    statement = tree.get_definition()
    if statement is None or statement.type != "expr_stmt":
        return False
    return getattr(statement.children[1], "value", "") == "="
