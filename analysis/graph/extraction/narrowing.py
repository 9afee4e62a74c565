"""What a condition says about the class of a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import tree_sitter

from analysis.graph.facts.file import NONE

if TYPE_CHECKING:
    from analysis.graph.extraction.extract import Extractor

_LEAVES = frozenset(
    {"return_statement", "raise_statement", "continue_statement", "break_statement"}
)


def narrowed(x: Extractor, condition: tree_sitter.Node) -> Iterator[tuple[str, int]]:
    """(name, class) for each ``isinstance(name, class)`` that must hold in ``condition``."""
    node = condition
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    if node.type == "boolean_operator":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        if x.data[left.end_byte : right.start_byte].strip() == b"and":
            yield from narrowed(x, left)
            yield from narrowed(x, right)
    elif node.type == "call":
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or x.uses.text(function) != "isinstance":
            return
        parts = [part for part in arguments.named_children if part.type != "comment"]
        if len(parts) == 2 and parts[0].type == "identifier":
            yield x.uses.text(parts[0]), class_named(x, parts[1])


def class_named(x: Extractor, node: tree_sitter.Node) -> int:
    """The row of a class as it is written; nothing is recorded as used."""
    table = x.uses.table
    if node.type == "identifier":
        return table.add("n", x.uses.text(node))
    if node.type == "attribute":
        value = node.child_by_field_name("object")
        name = node.child_by_field_name("attribute")
        receiver = class_named(x, value) if value is not None else NONE
        return table.add("a", receiver, x.uses.text(name)) if name is not None else NONE
    if node.type == "tuple":
        return table.add("t", tuple(class_named(x, part) for part in node.named_children))
    return NONE


def leaves(block: tree_sitter.Node | None) -> bool:
    """Whether what stands behind ``block`` is not run after it."""
    return (
        block is not None
        and bool(block.named_children)
        and block.named_children[-1].type in _LEAVES
    )
