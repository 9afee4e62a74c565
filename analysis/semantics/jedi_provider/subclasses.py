"""What subclasses in the same file define: ``self`` of a base class may be one of them.

A base class that leaves a method to its subclasses calls it all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

from analysis.semantics.occurrences import code_only

_DEFINED = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(?P<defined>\w+)"
    r"|^(?P<indent>[ \t]*)(?P<bound>[^\W\d]\w*)[ \t]*(?::|=(?!=))"
    r"|\bself\.(?P<stored>\w+)[ \t]*(?::[^=\n]+)?=(?!=)",
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
                names.update(defined(other))
                grown = True
    return frozenset(names)


def defined(node: Any) -> Iterator[str]:
    """What a class binds in its body, line by line, and what its methods store to ``self``."""
    suite = node.children[-1]
    own = suite.children[1].start_pos[1] if suite.type == "suite" else -1
    for match in _DEFINED.finditer(code_only(node.get_code())):
        if match["bound"] is None:
            yield match["stored"] or match["defined"]
        elif len(match["indent"]) == own and not iskeyword(match["bound"]):
            yield match["bound"]


def _bases(node: Any) -> set[str]:
    arguments = node.get_super_arglist()
    return set(re.findall(r"\w+", arguments.get_code())) if arguments is not None else set()


def _classes(scope: Any) -> Iterator[Any]:
    for found in scope.iter_classdefs():
        yield found
        yield from _classes(found)
