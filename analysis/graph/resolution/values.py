"""What the resolver knows of a value or a name, as plain tuples (they are compared and cached).

=============================  ======================================================
``("m", file)``                a module of the project
``("ns", dotted)``             a folder of modules without ``__init__``
``("x", dotted)``              something outside of the project
``("c", file, scope)``         a class
``("o", file, scope)``         an instance of it
``("f", file, scope)``         a function
``("b", file, scope, value)``  a method bound to ``value``
``("xi", dotted)``             an instance of a class outside of the project
``("bi", name)``               an instance of a built-in class
``("l", name, values)``        a container of ``values`` (of a dict: its values)
``("lm", name, values, m)``    method ``m`` of such a container
``("t", (values, …))``         a tuple, by place
``("sup", file, scope, v)``    ``super()`` in class ``(file, scope)`` on ``v``
``UNKNOWN``                    may be anything
=============================  ======================================================

A *definition* is what a name stands for: ``("d", file, scope)`` a function or class, ``("v", file,
scope, name)`` a variable of a module, class or function, or one of ``m``, ``ns`` and ``x``.
"""

from __future__ import annotations

import builtins
from typing import Any

Value = tuple[Any, ...]
Values = tuple[Value, ...]
Definition = tuple[Any, ...]

UNKNOWN: Value = ("?",)
NOTHING: Values = ()
ANYTHING: Values = (UNKNOWN,)

BUILTINS = frozenset(dir(builtins))


def union(*groups: Values) -> Values:
    """All of ``groups``, each value once, in order; at most 12 (more tell nothing)."""
    return tuple(dict.fromkeys(value for group in groups for value in group))[:12]
