"""What the data flow of a file is: definitions, uses, and which definition reaches which use.

The values; ``effects`` tells what one statement does, ``reaching`` solves the equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from analysis.views.flow import Span
from analysis.views.variables import Variable


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
