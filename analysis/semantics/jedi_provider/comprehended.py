"""What a comprehension binds, for whom, and what its condition lets through.

The first iterable is read outside, everything else inside of the clauses that stand before it; the
element sees all clauses (language reference, *Displays for lists, sets and dictionaries*). jedi
sees only the first clause, and none from a condition.

``[x for x in items if isinstance(x, str)]`` holds strings, whatever ``items`` holds. jedi does not
look at the condition; so where it tests the type or the members of an element, what it says about
the elements is incomplete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jedi.inference.context import CompForContext, TreeContextMixin
from jedi.inference.value.iterable import ComprehensionMixin

from analysis.semantics.jedi_provider import completeness

_TESTS = re.compile(r"\b(?:is\w*instance|issubclass|hasattr|getattr|type|callable|is_\w+)\s*\(")
_CLAUSES = frozenset({"comp_for", "sync_comp_for"})
#: What holds an element and its clauses.
_HOLDERS = frozenset({"testlist_comp", "argument", "dictorsetmaker"})
_SCOPES = frozenset({"funcdef", "lambdef", "classdef", "file_input"})
#: Where the iterable of a clause stands among its children: ``for x in items``.
_ITERABLE = 3
_nested = ComprehensionMixin._nested
_create_context = TreeContextMixin.create_context


def install() -> None:
    """Change jedi's classes; further calls change nothing more."""
    ComprehensionMixin._nested = _filtered
    TreeContextMixin.create_context = _context


def _context(self: Any, node: Any) -> Any:
    clause = _clause_around(node)
    if clause is None:
        return _create_context(self, node)
    if clause is self.tree_node:
        return self
    return CompForContext(_context(self, clause), clause)


def _clause_around(node: Any) -> Any:
    """The innermost clause whose variables ``node`` sees; a clause itself sees the one before."""
    inside, outside = node, node.parent
    while outside is not None and inside.type not in _SCOPES:
        if outside.type == "sync_comp_for":
            if inside is not outside.children[_ITERABLE] and node is not outside:
                return outside
            # The iterable: outside of this clause, behind the ones before it.
            inside = outside if outside.parent.type != "comp_for" else outside.parent
            outside = inside.parent
            continue
        if inside.type not in _CLAUSES and outside.type in _HOLDERS:
            first = next((c for c in outside.children if c.type in _CLAUSES), None)
            if first is not None:
                return _last(first)
        inside, outside = outside, outside.parent
    return None


def _last(clause: Any) -> Any:
    """The clause that is written last: the element sees it and all before it."""
    while True:
        if clause.type == "comp_for":  # ``async`` and the clause
            clause = clause.children[-1]
        behind = clause.children[-1]
        while behind.type == "comp_if" and len(behind.children) > 2:
            behind = behind.children[-1]
        if behind.type not in _CLAUSES:
            return clause
        clause = behind


def _filtered(self: Any, comp_fors: Any, parent_context: Any = None) -> Iterator[Any]:
    doubted = any(_tests(comp_for) for comp_for in comp_fors)
    for element in _nested(self, comp_fors, parent_context):
        if not doubted:
            yield element
        elif isinstance(element, tuple):
            yield tuple(completeness.flagged(values) for values in element)
        else:
            yield completeness.flagged(element)


def _tests(comp_for: Any) -> bool:
    condition = comp_for.children[4] if len(comp_for.children) > 4 else None
    while condition is not None and condition.type == "comp_if":
        if _TESTS.search(condition.children[1].get_code()):
            return True
        condition = condition.children[2] if len(condition.children) > 2 else None
    return False
