"""Operators as rows of the file's table, and the methods that Python calls for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tree_sitter

from analysis.graph.facts.protocols import BINARY, COMPARED

if TYPE_CHECKING:
    from analysis.graph.extraction.expressions import ExpressionReader


def _boolean(reader: ExpressionReader, node: tree_sitter.Node, kind: str) -> int:
    left = node.child_by_field_name("left")
    right = node.child_by_field_name("right")
    first = reader.tested(left)
    if (
        left is not None
        and right is not None
        and reader.uses.between(left, right).strip() == b"and"
    ):
        block = reader.x.open_block(right)
        reader.x.narrow(left, right.start_byte)
        second = reader.read(right)
        reader.x.close_block(block)
        return second
    return reader.uses.table.add("u", (first, reader.read(right)))


def _binary(reader: ExpressionReader, node: tree_sitter.Node, kind: str) -> int:
    """A chain as ``a + b + …`` nests to the left, thousands deep in tables: no recursion."""
    inside = kind if kind == "annotate" else "read"
    chain = [node]
    while (left := chain[-1].child_by_field_name("left")) is not None:
        if left.type != "binary_operator":
            break
        chain.append(left)
    row, place = reader.read(left, inside), left
    for link in reversed(chain):
        right = link.child_by_field_name("right")
        operator = link.child_by_field_name("operator")
        sign = reader.uses.text(operator) if operator is not None else ""
        other = reader.read(right, inside)
        if inside != "annotate" and sign in BINARY and place is not None and right is not None:
            reader.uses.implied(row, place, f"__{BINARY[sign]}__")
            reader.uses.implied(other, right, f"__r{BINARY[sign]}__")
        row, place = reader.uses.table.add("op", sign, row, other), right
    return row


def _comparison(reader: ExpressionReader, node: tree_sitter.Node, kind: str) -> int:
    rows = [(reader.read(child), child) for child in node.named_children]
    signs = [reader.uses.text(child) for child in node.children_by_field_name("operators")]
    for (left, _), (right, place), sign in zip(rows, rows[1:], signs, strict=False):
        if sign in ("in", "not in"):
            reader.uses.implied(right, place, "__contains__")
        elif sign in COMPARED:
            reader.uses.implied(left, node, COMPARED[sign][0])
            reader.uses.implied(right, place, COMPARED[sign][1])
    return reader.uses.table.add("b", "bool")


def _not(reader: ExpressionReader, node: tree_sitter.Node, kind: str) -> int:
    reader.tested(node.child_by_field_name("argument"))
    return reader.uses.table.add("b", "bool")


def _unary(reader: ExpressionReader, node: tree_sitter.Node, kind: str) -> int:
    row = reader.read(node.child_by_field_name("argument"))
    operator = node.child_by_field_name("operator")
    if operator is not None:
        names = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
        reader.uses.implied(row, node, names.get(reader.uses.text(operator), "__neg__"))
    return row


#: For each type of node what reads it, as :meth:`ExpressionReader.read` does.
READERS = {
    "boolean_operator": _boolean,
    "binary_operator": _binary,
    "comparison_operator": _comparison,
    "not_operator": _not,
    "unary_operator": _unary,
}
