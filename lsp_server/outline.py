"""The definitions of a file, nested as they stand there. Syntax alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from analysis.syntax.tree import SyntaxTree

#: What definitions may stand in: branches, and what a broken line left behind.
_BRANCHES = frozenset(
    {"block", "if_statement", "elif_clause", "else_clause", "try_statement", "except_clause"}
    | {"except_group_clause", "finally_clause", "with_statement", "for_statement"}
    | {"while_statement", "match_statement", "case_clause", "ERROR"}
)


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
    return tuple(_inside(tree, tree.root, ""))


def _inside(tree: SyntaxTree, node: Node, owner: str) -> Iterator[OutlineEntry]:
    for child in node.named_children:
        whole, inner = child, child
        if child.type == "decorated_definition":
            definition = child.child_by_field_name("definition")
            if definition is None:
                continue
            inner = definition
        if inner.type in ("class_definition", "function_definition"):
            yield from _defined(tree, whole, inner, owner)
        elif inner.type == "expression_statement" and owner != "function":
            yield from _assigned(tree, inner, owner)
        elif inner.type in _BRANCHES:
            yield from _inside(tree, inner, owner)


def _defined(tree: SyntaxTree, whole: Node, node: Node, owner: str) -> Iterator[OutlineEntry]:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or not tree.slice(name):
        return
    is_class = node.type == "class_definition"
    kind = "class" if is_class else "method" if owner == "class" else "function"
    children = tuple(_inside(tree, body, "class" if is_class else "function")) if body else ()
    yield OutlineEntry(tree.slice(name), kind, _span(tree, whole), _span(tree, name), children)


def _assigned(tree: SyntaxTree, statement: Node, owner: str) -> Iterator[OutlineEntry]:
    for node in statement.named_children:
        if node.type != "assignment":
            continue
        left = node.child_by_field_name("left")
        if left is None:
            continue
        names = [left] if left.type == "identifier" else left.named_children
        for name in names:
            if name.type == "identifier":
                text = tree.slice(name)
                kind = "field" if owner == "class" else "variable"
                kind = "constant" if text.isupper() and owner != "class" else kind
                yield OutlineEntry(text, kind, _span(tree, statement), _span(tree, name))


def _span(tree: SyntaxTree, node: Node) -> tuple[int, int]:
    return tree.to_offset(node.start_byte), tree.to_offset(node.end_byte)
