"""The scopes that a place lies in, outermost first.

The parts of a header belong outside: decorators, defaults, base classes, annotations (which also
see the type parameters), and the first iterable of a comprehension (language reference, *Displays
for lists, sets and dictionaries*).
"""

from __future__ import annotations

from functools import lru_cache

from tree_sitter import Node

from analysis.scopes.binding import COMPREHENSIONS, generic_scope, scope_of
from analysis.scopes.scope import Scope
from analysis.syntax.tree import SyntaxTree


def enclosing(tree: SyntaxTree, offset: int) -> list[Scope]:
    """The scopes around the character at ``offset`` (code points), the module first."""
    found: list[Scope] = []
    below = tree.node_at(offset)
    node = below.parent
    while node is not None:
        kind = node.type
        if kind in ("function_definition", "class_definition"):
            if below.type == "block":
                found.append(scope_of(tree, node))
            if below.type != "identifier":
                _generic(tree, node, found)
        elif kind == "lambda":
            if below == node.child_by_field_name("body"):
                found.append(scope_of(tree, node))
        elif kind in COMPREHENSIONS:
            if not _first_iterable(node, below, tree.to_byte(offset)):
                found.append(scope_of(tree, node))
        elif kind == "type_alias_statement":
            _generic(tree, node, found)
        below, node = node, node.parent
    found.append(_module(tree))
    return found[::-1]


@lru_cache(maxsize=4)
def _module(tree: SyntaxTree) -> Scope:
    return scope_of(tree, tree.root)


def _generic(tree: SyntaxTree, node: Node, found: list[Scope]) -> None:
    scope = generic_scope(tree, node)
    if scope is not None:
        found.append(scope)


def _first_iterable(comprehension: Node, below: Node, byte: int) -> bool:
    clauses = [c for c in comprehension.named_children if c.type == "for_in_clause"]
    if not clauses or below != clauses[0]:
        return False
    right = clauses[0].child_by_field_name("right")
    return right is not None and right.start_byte <= byte
