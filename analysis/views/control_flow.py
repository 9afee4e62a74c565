"""The control-flow graphs of a file: one for the module, each class body and each function.

The construction is in ``building``; this is the way in.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from analysis.views.building import Builder
from analysis.views.flow import FlowGraph
from analysis.views.places import Places
from analysis.views.scopes import Scope, directly_inside, inner_name


def control_flow(source: str) -> tuple[FlowGraph, ...]:
    """The graphs of a file: the module's first, then each class body and function in order.

    Lambdas and comprehensions belong to the statement they are in. Raises ``SyntaxError``.
    """
    return tuple(flow.graph for flow in flows(ast.parse(source), Places(source)))


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A graph with the syntax it came from.

    ``syntax`` holds for each node what it evaluates (``None`` for entry and exits): a statement, a
    ``case``, a handler or an item of a ``with``. ``handlers`` are the nodes of each handler's body,
    by the handler's node. ``scope`` is the module, class or function, ``parent`` the number of the
    scope around it (-1 for the module).
    """

    graph: FlowGraph
    scope: Scope
    syntax: tuple[ast.AST | None, ...]
    handlers: dict[int, range]
    parent: int = -1


def flows(tree: ast.Module, places: Places) -> tuple[Flow, ...]:
    """The graphs of a parsed file as :func:`control_flow` gives them, each with its syntax."""
    found: list[Flow] = []
    waiting: list[tuple[Scope, str, int]] = [(tree, "<module>", -1)]
    while waiting:
        scope, name, parent = waiting.pop()
        builder = Builder(places)
        graph = builder.build(scope, name)
        found.append(Flow(graph, scope, tuple(builder.syntax), builder.handlers, parent))
        number = len(found) - 1
        waiting.extend(
            (child, inner_name(scope, name, child), number)
            for child in reversed(list(directly_inside(scope)))
        )
    return tuple(found)
