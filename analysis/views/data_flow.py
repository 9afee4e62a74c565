"""The data flow of a file: definitions, uses, and which definition reaches which use.

Only the values; ``effects`` tells what one statement does, ``reaching`` solves the equations.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from analysis.program import scopes as program
from analysis.program.scopes import BindingManner
from analysis.syntax.tree import parsed
from analysis.views.control_flow import Flow
from analysis.views.flow import Span
from analysis.views.places import FunctionNode, Scope

# -- which variable a name means: the code object that owns it, by Python's rules of scope
#
# After the language reference, §4.2.2: a name belongs to the function that binds it, unless it says
# ``global`` or ``nonlocal``; class bodies are not seen by what is inside them; what nobody binds is
# the module's or a builtin.


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


class DefinitionKind(StrEnum):
    """How a name comes by its value."""

    PARAMETER = "parameter"
    ASSIGNMENT = "assignment"
    AUGMENTED = "augmented assignment"
    WALRUS = "walrus"
    LOOP = "loop"
    """The target of a ``for``."""
    COMPREHENSION = "comprehension"
    WITH = "with"
    EXCEPT = "except"
    CAPTURE = "capture"
    """A name in a pattern of a ``case``."""
    IMPORT = "import"
    FUNCTION = "function"
    CLASS = "class"
    UPDATE = "update"
    """``x[…] = …`` and ``del x[…]``: what ``x`` holds changes, ``x`` stays."""
    ATTRIBUTE = "attribute"
    """``x.y = …``, as a definition of ``x.y``; whoever knows the object by another name may have
    changed it since."""
    UNBOUND = "unbound"
    """The name has no value: where the scope begins, behind ``del`` and behind a handler that named
    its exception."""


class UseKind(StrEnum):
    """What is done with the value."""

    READ = "read"
    AUGMENTED = "augmented assignment"
    DELETE = "delete"
    ATTRIBUTE = "attribute"
    """A read of ``x.y`` that a definition of ``x.y`` may reach."""


class NameState(StrEnum):
    """Whether a name has a value at a place."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ValueDefinition:
    """Where a variable gets a value. ``scope`` and ``node`` are numbers in the control flow.

    ``span`` is that of the name alone (for :attr:`DefinitionKind.ATTRIBUTE` of ``x.y``); none for
    what is not written (:attr:`DefinitionKind.UNBOUND`). ``deferred`` ones run when somebody calls
    the lambda or asks the generator that they are in.
    """

    id: int
    variable: Variable
    kind: DefinitionKind
    scope: int
    node: int
    span: Span | None
    deferred: bool = False

    @property
    def name(self) -> str:
        """The name as it is written."""
        return self.variable.name


@dataclass(frozen=True, slots=True)
class ValueUse:
    """Where the value of a variable is asked for; fields are as in :class:`ValueDefinition`."""

    id: int
    variable: Variable
    kind: UseKind
    scope: int
    node: int
    span: Span
    deferred: bool = False

    @property
    def name(self) -> str:
        """The name as it is written."""
        return self.variable.name


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Definition ``definition`` may be what use ``use`` sees, by their ids."""

    definition: int
    use: int


@dataclass(frozen=True)
class Reaching:
    """What reaches each node of one scope: bit ``n`` of ``before[node]`` stands for definition
    ``first + n``. Nodes that no path reaches have no bits."""

    first: int
    before: Mapping[int, int]


@dataclass(frozen=True)
class DataFlow:
    """The data flow of a file; ids are indices of ``definitions`` and ``uses``."""

    definitions: tuple[ValueDefinition, ...]
    uses: tuple[ValueUse, ...]
    pairs: tuple[Pair, ...]
    reaching: tuple[Reaching, ...] = field(repr=False)
    """By scope."""

    def binding(self, scope: int, node: int, name: str) -> NameState:
        """Whether ``name``, which ``scope`` itself owns, has a value before ``node``.

        At a node that no path reaches, and where other scopes write or delete the name, the answer
        is :attr:`Binding.SOMETIMES` rather than a wrong one.
        """
        of = self.reaching[scope]
        bits = of.before.get(node, 0)
        wanted = Variable(scope, name)
        bound = unbound = unsure = False
        for definition in self.definitions:
            if definition.variable != wanted or definition.kind is DefinitionKind.UPDATE:
                continue
            if definition.scope != scope or definition.deferred:
                unsure = True
            elif bits >> (definition.id - of.first) & 1:
                empty = definition.kind is DefinitionKind.UNBOUND
                bound, unbound = bound or not empty, unbound or empty
        if unsure or bound is unbound:
            return NameState.SOMETIMES
        return NameState.ALWAYS if bound else NameState.NEVER

    def behind(self, nodes: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        """The backward slice along data: what may have a hand in the values at ``nodes``.

        Nodes are (scope, node) as in the control flow; those given belong to the slice.
        """
        inward: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for pair in self.pairs:
            use, definition = self.uses[pair.use], self.definitions[pair.definition]
            inward.setdefault((use.scope, use.node), set()).add((definition.scope, definition.node))
        found = set(nodes)
        waiting = list(found)
        while waiting:
            new = inward.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return frozenset(found)
