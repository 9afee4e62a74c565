"""Which variable a name means: the code object that owns it, by Python's rules of scope.

After the language reference, §4.2.2: a name belongs to the function that binds it, unless it says
``global`` or ``nonlocal``; class bodies are not seen by what is inside them; what nobody binds is
the module's or a builtin.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.program import scopes as program
from analysis.program.scopes import BindingManner
from analysis.syntax.tree import parsed
from analysis.views.control_flow import Flow
from analysis.views.scopes import FunctionNode, Scope

#: What is no variable's of the scope at hand: a ``global`` elsewhere, and what did not parse.
_NOT_HERE = frozenset({BindingManner.GLOBAL, BindingManner.BROKEN})


_FLOWING = frozenset(
    {program.ScopeKind.MODULE, program.ScopeKind.CLASS, program.ScopeKind.FUNCTION}
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A name with the number of its owner: a scope of the file, or what lies beyond them (a lambda
    or comprehension)."""

    owner: int
    name: str


class Variables:
    """The variables of a file, by the numbers that its scopes have in ``flows``."""

    def __init__(self, text: str, flows: Sequence[Flow]) -> None:
        self._scopes: tuple[Scope, ...] = tuple(flow.scope for flow in flows)
        self._parents = tuple(flow.parent for flow in flows)
        known = scopes_of(text)
        read = [known.get(place_of(scope)) for scope in self._scopes]
        self._outer = [each.outer if each is not None and each.around else {} for each in read]
        self.bound: list[frozenset[str]] = [
            frozenset(type_parameters(scope)).union(
                bound_here(each).difference(outer) if each is not None else ()
            )
            for scope, each, outer in zip(self._scopes, read, self._outer, strict=True)
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
            if self._outer[scope].get(name) == "global":
                return Variable(0, name)
            if name in self.bound[scope]:
                return Variable(scope, name)
        around = self._parents[scope]
        while around > 0:
            if isinstance(self._scopes[around], FunctionNode):
                if self._outer[around].get(name) == "global":
                    break
                if name in self.bound[around]:
                    return Variable(around, name)
            around = self._parents[around]
        return Variable(0, name)


def scopes_of(text: str) -> dict[tuple[int, int], program.Scope]:
    """The scopes of a text that have a control flow of their own, by :func:`place_of`."""
    return {
        scope.node.start_point if scope.around else (0, -1): scope
        for scope in program.module_scope(parsed(text)).walk()
        if scope.kind in _FLOWING
    }


def place_of(scope: Scope) -> tuple[int, int]:
    """The row and byte column of a ``def`` or ``class``; ``(0, -1)`` for a module."""
    return (0, -1) if isinstance(scope, ast.Module) else (scope.lineno - 1, scope.col_offset)


def bound_here(scope: program.Scope) -> frozenset[str]:
    """The names that the statements of a scope bind, also where they are another scope's."""
    return frozenset(
        name
        for name, bindings in scope.bindings.items()
        if not all(binding.manner in _NOT_HERE for binding in bindings)
    )


def type_parameters(scope: Scope) -> tuple[str, ...]:
    """The names in the brackets of ``def f[T]`` and ``class C[T]`` (PEP 695)."""
    return tuple(parameter.name for parameter in getattr(scope, "type_params", ()))
