"""What of a source file other files can see: who stands on it need not be looked at again when only
the rest changed.

Left out are comments, spacing, and the bodies of functions whose results are declared: jedi reads
no body where the annotation resolves. A body counts all the same where it may bind something that
outlives the call, where ``*args`` or ``**kwargs`` are passed on (jedi reads their signature from
the body), and where the annotation holds a name that the file neither defines nor inherits from
``builtins``, since it may not resolve.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator

import tree_sitter

_STORES = frozenset(
    {"assignment", "augmented_assignment", "pattern_list", "tuple_pattern", "list_pattern"}
    | {"as_pattern_target", "for_statement", "delete_statement"}
)
#: Words by which a body reaches beyond its call, or is read for what it says of itself.
REACHES = re.compile(
    rb"\b(?:global|nonlocal|setattr|delattr|__dict__|vars|globals|exec|Deprecat\w*|"
    rb"PendingDeprecat\w*)\b|Deprecat"
)
_BUILTIN = frozenset(name for name in dir(builtins) if isinstance(getattr(builtins, name), type))


def classes(root: tree_sitter.Node) -> frozenset[str]:
    """The names in annotations that surely resolve: classes of the file, and builtin ones."""
    names = (
        node.child_by_field_name("name")
        for node in root.named_children
        if node.type == "class_definition"
    )
    own = frozenset((name.text or b"").decode() for name in names if name is not None)
    return _BUILTIN | {"None"} | own


def seen_parts(root: tree_sitter.Node, known: frozenset[str]) -> Iterator[bytes]:
    """The text of ``root`` that others can see, in pieces. ``known`` are names that resolve in
    annotations (:func:`classes`)."""
    stack: list[tree_sitter.Node | bytes] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, bytes):
            yield node
            continue
        if node.type == "comment":
            continue
        if node.child_count == 0:
            yield node.text or b""
            continue
        if node.type in ("block", "class_definition", "function_definition", "string"):
            yield node.type.encode()
            stack.append(b")")
        if node.type == "string":
            yield node.text or b""
            continue
        children = list(node.children)
        if node.type == "function_definition" and not _body_is_seen(node, known):
            body = node.child_by_field_name("body")
            children.remove(body) if body is not None else None
        stack.extend(reversed(children))


def _body_is_seen(function: tree_sitter.Node, known: frozenset[str]) -> bool:
    returned = function.child_by_field_name("return_type")
    parameters = function.child_by_field_name("parameters")
    body = function.child_by_field_name("body")
    if returned is None or parameters is None or body is None:
        return True
    if any(name not in known for name in _identifiers(returned)):
        return True
    # Annotations of parameters decide about the body only; ``*`` passes a signature on.
    if b"*" in (parameters.text or b"") or REACHES.search(body.text or b""):
        return True
    return _stores_an_attribute(body)


def _identifiers(node: tree_sitter.Node) -> Iterator[str]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type in ("identifier", "string"):
            yield (current.text or b"").decode("utf-8", "replace")
        stack.extend(current.children)


def _stores_an_attribute(body: tree_sitter.Node) -> bool:
    stack = [body]
    while stack:
        node = stack.pop()
        if (
            node.type in ("attribute", "subscript")
            and node.parent is not None
            and node.parent.type in _STORES
            and node.parent.child_by_field_name("right") != node
        ):
            return True
        stack.extend(node.named_children)
    return False
