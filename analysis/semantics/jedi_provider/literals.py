"""Which strings a parameter takes, where its annotation is a ``Literal`` (PEP 586).

Read from the annotation itself, since jedi has no such type: aliases, unions, ``Optional`` and
forward references are followed to where they are written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from jedi.inference.gradual.annotation import _get_forward_reference_node

from analysis.semantics.jedi_provider import completeness, headers

#: Aliases of aliases that are followed.
_DEEPEST = 6
_WHOLE = frozenset({"Union", "Optional"})


def argument_strings(values: Any, position: int, keyword: str) -> frozenset[str] | None:
    """The strings that an argument of a call of ``values`` may be, by every signature of each;
    ``None`` where one takes others or is not known."""
    found: set[str] = set()
    for value in values._set:
        if completeness.is_none(value):
            continue
        signatures = value.get_signatures()
        if not signatures:
            return None
        for signature in signatures:
            function = getattr(signature, "_function_value", None)
            if function is None:
                return None
            names = list(signature.get_param_names(resolve_stars=False))
            named = headers.parameter(names, position, keyword)
            node = named._get_param_node() if hasattr(named, "_get_param_node") else None
            if node is None or node.annotation is None or node.star_count:
                return None
            said = literal_strings(node.annotation, function.get_default_param_context())
            if said is None:
                return None
            found |= said
    return frozenset(found)


def literal_strings(node: Any, context: Any, depth: int = 0) -> frozenset[str] | None:
    """The strings that the annotation ``node`` allows; ``None`` where it allows others too, or
    cannot be read. What is no string (``None``, numbers) is left out."""
    if depth > _DEEPEST:
        return None
    if node.type == "keyword":
        return frozenset() if node.value == "None" else None
    if node.type == "string":
        inner = _get_forward_reference_node(context, _text(node) or "")
        return literal_strings(inner.children[0], context, depth + 1) if inner else None
    if node.type == "name":
        return _alias(node, context, depth)
    if node.type == "expr":
        parts = [child for child in node.children if child.type != "operator"]
        return _union(parts, context, depth)
    if node.type in ("atom_expr", "power"):
        return _subscripted(node, context, depth)
    return None


def _subscripted(node: Any, context: Any, depth: int) -> frozenset[str] | None:
    *names, trailer = node.children
    if trailer.type != "trailer" or trailer.children[0].value != "[":
        return _alias(node.get_last_leaf(), context, depth)
    form = names[-1].get_last_leaf().value
    parts = list(_listed(trailer.children[1]))
    if form == "Annotated":
        return literal_strings(parts[0], context, depth + 1)
    if form in _WHOLE:
        return _union(parts, context, depth)
    if form != "Literal":
        return None
    if any(part.type not in ("string", "number", "keyword") for part in parts):
        return None
    texts = [_text(part) for part in parts if part.type == "string"]
    return frozenset(text for text in texts if text is not None)


def _listed(node: Any) -> Iterator[Any]:
    if node.type in ("subscriptlist", "testlist_comp", "exprlist"):
        yield from (child for child in node.children if child.type != "operator")
    else:
        yield node


def _union(parts: list[Any], context: Any, depth: int) -> frozenset[str] | None:
    found: set[str] = set()
    for part in parts:
        said = literal_strings(part, context, depth + 1)
        if said is None:
            return None
        found |= said
    return frozenset(found)


def _alias(leaf: Any, context: Any, depth: int) -> frozenset[str] | None:
    """What a name stands for that is assigned once."""
    found = [there for name in context.goto(leaf, leaf.start_pos) for there in name.goto()]
    if len(found) != 1 or found[0].tree_name is None:
        return None
    statement = found[0].tree_name.get_definition()
    if statement is None or statement.type != "expr_stmt":
        return None
    return literal_strings(statement.get_rhs(), found[0].get_root_context(), depth + 1)


def _text(node: Any) -> str | None:
    """What a string literal says, ``None`` for bytes."""
    value = ast.literal_eval(node.get_code(include_prefix=False))
    return value if isinstance(value, str) else None
