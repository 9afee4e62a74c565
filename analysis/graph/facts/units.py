"""What other files rest on, in small parts: the keys under which a file's meaning is hashed.

=====================  ============================================================================
``name``               a module-level name: its bindings, and the head of the function or the shape
                       of the class that it is
``name()``             what a function does: its own names, what it returns, what is inside of it
``Class.member``       a member of a module-level class, and the head of the method that it is
``Class.member()``     what a method does
``*``                  star imports and ``__all__``
=====================  ============================================================================

A head is what a call needs to know before the body is looked at: role, decorators, parameters and
the annotated result. A class in a function or in a class belongs to what that does.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.graph.facts.file import FactScope


@dataclass(frozen=True, slots=True)
class Keys:
    """For each scope of a file, the key of its head and that of its names and results; empty for
    the module. Members of a module-level class have keys of their own: see :func:`member`."""

    heads: list[str]
    bodies: list[str]

    def of(self, file: int) -> Keys:
        """The same, as what other files rest on is stored."""
        return Keys(
            [f"{file}:{key}" for key in self.heads], [f"{file}:{key}" for key in self.bodies]
        )


def is_open(scopes: list[FactScope], scope: int) -> bool:
    """Whether the members of ``scope`` are hashed each by itself."""
    known = scopes[scope]
    return known.kind == "class" and known.parent == 0


def member(scope: FactScope, name: str) -> str:
    """The key of member ``name`` of a module-level class."""
    return f"{scope.top}.{name}"


def keys(scopes: list[FactScope]) -> Keys:
    """The keys of ``scopes``."""
    head, body = [""], [""]
    for number, scope in enumerate(scopes[1:], 1):
        parent = scopes[scope.parent]
        if is_open(scopes, number):
            key, inner = scope.top, scope.top
        elif scope.kind in ("function", "class") and scope.parent == 0:
            key, inner = scope.top, f"{scope.top}()"
        elif scope.kind in ("function", "class") and is_open(scopes, scope.parent):
            key = member(parent, scope.name)
            inner = f"{key}()"
        elif scope.parent == 0:
            key = inner = f"{scope.top}()"
        elif is_open(scopes, scope.parent):
            key = inner = parent.top
        else:
            key = inner = body[scope.parent]
        head.append(key)
        body.append(inner)
    return Keys(head, body)
