"""What subclasses in the same file define: ``self`` of a base class may be one of them.

A base class that leaves a method to its subclasses calls it all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from analysis.semantics.occurrences import code_only

_STORED = re.compile(r"\bself\.(\w+)[ \t]*(?::[^=\n]+)?=(?!=)")


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
                names.update(defined(other))
                grown = True
    return frozenset(names)


def defined(node: Any) -> Iterator[str]:
    """What a class (parso) binds in its body, and what its methods store to ``self``."""
    waiting = [node.children[-1]]
    while waiting:
        each = waiting.pop()
        if each.type in ("funcdef", "classdef"):
            yield each.name.value
            if each.type == "funcdef":
                yield from _STORED.findall(code_only(each.get_code()))
        elif each.type == "name" and each.is_definition():
            yield each.value
        elif each.type not in ("lambdef", "sync_comp_for", "comp_for"):
            waiting.extend(getattr(each, "children", ()))


def _bases(node: Any) -> set[str]:
    arguments = node.get_super_arglist()
    return set(re.findall(r"\w+", arguments.get_code())) if arguments is not None else set()


def _classes(scope: Any) -> Iterator[Any]:
    for found in scope.iter_classdefs():
        yield found
        yield from _classes(found)
