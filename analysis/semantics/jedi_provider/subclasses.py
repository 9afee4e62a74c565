"""What subclasses in the same file define: ``self`` of a base class may be one of them.

A base class that leaves a method to its subclasses calls it all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_DEFINED = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)"
    r"|^[ \t]+(\w+)[ \t]*(?::[^=\n]+)?=(?!=)"
    r"|\bself\.(\w+)[ \t]*(?::[^=\n]+)?=(?!=)",
    re.MULTILINE,
)


def brought_by_subclasses(node: Any) -> frozenset[str]:
    """Names that subclasses of the class ``node`` (parso), direct or not, define in its file."""
    if node is None:
        return frozenset()
    classes = list(_classes(node.get_root_node()))
    known = {node.name.value}
    names: set[str] = set()
    grown = True
    while grown:
        grown = False
        for other in classes:
            name = other.name.value
            if name not in known and known & _bases(other):
                known.add(name)
                names.update(filter(None, _in_any_group(other.get_code())))
                grown = True
    return frozenset(names)


def _in_any_group(code: str) -> Iterator[str]:
    for match in _DEFINED.finditer(code):
        yield match[1] or match[2] or match[3]


def _bases(node: Any) -> set[str]:
    arguments = node.get_super_arglist()
    return set(re.findall(r"\w+", arguments.get_code())) if arguments is not None else set()


def _classes(scope: Any) -> Iterator[Any]:
    for found in scope.iter_classdefs():
        yield found
        yield from _classes(found)
