"""Which variable a name means: the code object that owns it, by Python's rules of scope.

After the language reference, §4.2.2: a name belongs to the function that binds it, unless it says
``global`` or ``nonlocal``; class bodies are not seen by what is inside them; what nobody binds is
the module's or a builtin.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.views.control_flow import Flow
from analysis.views.scopes import FunctionNode, Scope, Use, declared, occurrences, parameters


@dataclass(frozen=True, slots=True)
class Variable:
    """A name with the number of its owner: a scope of the file, or what lies beyond them (a lambda
    or comprehension)."""

    owner: int
    name: str


class Variables:
    """The variables of a file, by the numbers that its scopes have in ``flows``."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._scopes: tuple[Scope, ...] = tuple(flow.scope for flow in flows)
        self._parents = tuple(flow.parent for flow in flows)
        self._global = [declared(scope, ast.Global) for scope in self._scopes]
        self._nonlocal = [declared(scope, ast.Nonlocal) for scope in self._scopes]
        self.bound: list[frozenset[str]] = [
            (
                frozenset(o.name for o in occurrences(scope) if o.use is not Use.READ)
                | frozenset(parameters(scope))
                | frozenset(type_parameters(scope))
            )
            - self._global[number]
            - self._nonlocal[number]
            for number, scope in enumerate(self._scopes)
        ]
        """The names that each scope owns."""

    def is_function(self, scope: int) -> bool:
        """Whether a scope is a function."""
        return isinstance(self._scopes[scope], FunctionNode)

    def resolve(self, scope: int, name: str, *, inside: bool = False) -> Variable:
        """What ``name`` means in ``scope``; ``inside`` a lambda or comprehension of it, a class
        body does not count."""
        hidden = inside and isinstance(self._scopes[scope], ast.ClassDef)
        if not hidden:
            if name in self._global[scope]:
                return Variable(0, name)
            if name in self.bound[scope]:
                return Variable(scope, name)
        around = self._parents[scope]
        while around > 0:
            if isinstance(self._scopes[around], FunctionNode):
                if name in self._global[around]:
                    break
                if name in self.bound[around]:
                    return Variable(around, name)
            around = self._parents[around]
        return Variable(0, name)


def type_parameters(scope: Scope) -> tuple[str, ...]:
    """The names in the brackets of ``def f[T]`` and ``class C[T]`` (PEP 695)."""
    return tuple(parameter.name for parameter in getattr(scope, "type_params", ()))
