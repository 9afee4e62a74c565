"""The names that targets and patterns bind: left sides, loop variables, captures, parameters."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

_TARGETS = frozenset(
    {
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "list_splat",
        "dictionary_splat_pattern",
        "tuple",
        "list",
        "parenthesized_expression",
        "parenthesized_list_splat",
        "expression_list",
        "as_pattern_target",
    }
)
_PATTERNS = frozenset({"case_pattern", "union_pattern", "list_pattern", "tuple_pattern"})
_HOLDS_ITEMS = frozenset(
    {"with_clause", "with_item", "parenthesized_expression", "tuple", "as_pattern"}
)


def targets(node: Node) -> Iterator[Node]:
    """The identifiers that are bound where ``node`` is assigned to."""
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "identifier":
            yield current
        elif current.type in _TARGETS:
            stack.extend(reversed(current.named_children))


def captures(node: Node) -> Iterator[Node]:
    """The identifiers that a ``case`` pattern binds; ``_`` is among them and binds nothing."""
    stack = [node]
    while stack:
        current = stack.pop()
        kind, children = current.type, current.named_children
        if kind == "dotted_name":
            if len(children) == 1:
                yield children[0]
        elif kind == "as_pattern":
            stack.append(children[0])
            if children[-1].type == "identifier":
                yield children[-1]
            else:
                yield from targets(children[-1])
        elif kind == "class_pattern" or kind == "keyword_pattern":
            stack.extend(reversed(children[1:]))
        elif kind == "splat_pattern":
            yield from (child for child in children if child.type == "identifier")
        elif kind == "dict_pattern":
            keys = set(current.children_by_field_name("key"))
            stack.extend(child for child in reversed(children) if child not in keys)
        elif kind in _PATTERNS:
            stack.extend(reversed(children))


def parameters(node: Node) -> Iterator[Node]:
    """The identifiers of a ``parameters`` or ``lambda_parameters`` node."""
    for child in node.named_children:
        if child.type == "identifier":
            yield child
        elif child.type in ("default_parameter", "typed_default_parameter"):
            name = child.child_by_field_name("name")
            if name is not None:
                yield from targets(name)
        elif child.type == "typed_parameter":
            yield from targets(child.named_children[0])
        elif child.type in _TARGETS:
            yield from targets(child)


def type_parameters(node: Node) -> Iterator[Node]:
    """The identifiers of a ``type_parameter`` node: ``T``, ``*Ts``, ``**P``, bounds left out."""
    for child in node.named_children:
        first: Node | None = child
        while first is not None and first.type in ("type", "constrained_type", "splat_type"):
            first = first.named_children[0] if first.named_children else None
        if first is not None and first.type == "identifier":
            yield first


def aliases(node: Node) -> Iterator[Node]:
    """The identifiers behind ``as`` in a ``with`` or ``except`` header."""
    stack = [node]
    while stack:
        current = stack.pop()
        alias = current.child_by_field_name("alias") if current.type == "as_pattern" else None
        if alias is not None:
            yield from targets(alias)
        elif current.type in _HOLDS_ITEMS:
            stack.extend(reversed(current.named_children))
