"""Control-flow graphs as values: nodes that are statements or their headers, and labelled edges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NodeKind(StrEnum):
    """What a node stands for."""

    ENTRY = "entry"
    EXIT = "exit"
    """Where the code object returns."""
    RAISE = "raise"
    """Where it is left by an exception."""
    STATEMENT = "statement"
    TEST = "test"
    """The condition of ``if``, ``while``, ``assert`` or the pattern and guard of a ``case``."""
    LOOP = "loop"
    """The header of a ``for``: the next item or the end."""
    TRY = "try"
    HANDLER = "handler"
    WITH = "with"
    WITH_EXIT = "with exit"
    """Leaving a ``with``: ``__exit__`` runs, on every way out."""


class EdgeKind(StrEnum):
    """Why control goes along an edge."""

    NEXT = "next"
    TRUE = "true"
    FALSE = "false"
    ITERATE = "iterate"
    EXHAUSTED = "exhausted"
    EXCEPTION = "exception"
    NO_MATCH = "no match"
    """The exception is not one of this handler's, or the subject not of this case."""
    MATCH = "match"
    RERAISE = "reraise"
    """An exception goes on: a ``finally`` or ``__exit__`` has run, or no handler wanted it."""
    SUPPRESSED = "suppressed"
    """``__exit__`` swallowed the exception."""
    RETURN = "return"
    BREAK = "break"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the text: 0-based lines, 0-based code points, end exclusive."""

    line: int
    character: int
    end_line: int
    end_character: int


@dataclass(frozen=True, slots=True)
class Node:
    """One step of control. ``silent`` ones compile to nothing, so no run ever stops there."""

    id: int
    kind: NodeKind
    label: str
    span: Span | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True, order=True)
class FlowEdge:
    """Control may go from node ``source`` to node ``target``."""

    source: int
    target: int
    kind: EdgeKind


ENTRY, EXIT, RAISE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class FlowGraph:
    """The control flow of one code object: a module, a class body or a function.

    ``name`` is its qualified name as Python has it (``f.<locals>.g``), ``<module>`` for the module.
    Nodes 0, 1 and 2 are the entry, the return exit and the exception exit.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[FlowEdge, ...]
    first_line: int = 0

    def successors(self, node: int) -> tuple[FlowEdge, ...]:
        """The edges that leave ``node``."""
        return tuple(edge for edge in self.edges if edge.source == node)

    def reachable(self) -> frozenset[int]:
        """The nodes that some path from the entry reaches."""
        outgoing: dict[int, list[int]] = {}
        for edge in self.edges:
            outgoing.setdefault(edge.source, []).append(edge.target)
        seen, stack = {ENTRY}, [ENTRY]
        while stack:
            for target in outgoing.get(stack.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        return frozenset(seen)
