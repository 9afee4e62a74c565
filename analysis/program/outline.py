"""The definitions of a file, nested as they stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from analysis.program.scopes import BindingManner, Scope, ScopeKind, module_scope
from analysis.syntax.tree import SyntaxTree


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A class, function, method, or a name that a module or class assigns. Spans are half-open
    ranges of code points; ``kind`` is ``class``, ``function``, ``method``, ``constant``,
    ``variable`` or ``field``."""

    name: str
    kind: str
    span: tuple[int, int]
    name_span: tuple[int, int]
    children: tuple[OutlineEntry, ...] = ()

    def walk(self) -> Iterator[OutlineEntry]:
        """This one and all inside."""
        yield self
        for child in self.children:
            yield from child.walk()


def outline(tree: SyntaxTree) -> tuple[OutlineEntry, ...]:
    """The definitions of the file, in order."""
    return tuple(_of_scope(module_scope(tree)))


_NOTHING = re.compile(r"pass|\.\.\.|raise\s+NotImplementedError(\s*\(.*\))?", re.DOTALL)


def says_nothing(statement: str) -> bool:
    """Whether a statement only stands for a body that is still to be written."""
    return _NOTHING.fullmatch(statement) is not None


def _of_scope(scope: Scope) -> Iterator[OutlineEntry]:
    tree = scope.tree
    for binding in scope.places:
        node = binding.node.parent
        if node is None:
            continue
        if binding.manner in (BindingManner.FUNCTION, BindingManner.CLASS):
            made = ScopeKind.CLASS if binding.manner is BindingManner.CLASS else ScopeKind.FUNCTION
            inside = tuple(_of_scope(Scope(tree, node, made, scope)))
            method = made is ScopeKind.FUNCTION and scope.kind is ScopeKind.CLASS
            whole, kind = _around(node, "decorated_definition"), "method" if method else made.value
        elif binding.manner in (BindingManner.ASSIGNMENT, BindingManner.ANNOTATION):
            if scope.kind is ScopeKind.FUNCTION:
                continue
            inside, kind = (), "constant" if binding.name.isupper() else "variable"
            kind = "field" if scope.kind is ScopeKind.CLASS else kind
            while node.type != "expression_statement" and node.parent is not None:
                node = node.parent
            whole = node
        else:
            continue
        yield OutlineEntry(binding.name, kind, tree.span(whole), tree.span(binding.node), inside)


def _around(node: Node, kind: str) -> Node:
    return node.parent if node.parent is not None and node.parent.type == kind else node
