"""What the condition of a comprehension lets through.

``[x for x in items if isinstance(x, str)]`` holds strings, whatever ``items`` holds. jedi does not
look at the condition; so where it tests the type or the members of an element, what it says about
the elements is incomplete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jedi.inference.value.iterable import ComprehensionMixin

from analysis.semantics.jedi_provider import completeness

_TESTS = re.compile(r"\b(?:is\w*instance|issubclass|hasattr|getattr|type|callable|is_\w+)\s*\(")
_nested = ComprehensionMixin._nested


def install() -> None:
    """Change jedi's class; further calls change nothing more."""
    ComprehensionMixin._nested = _filtered


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
