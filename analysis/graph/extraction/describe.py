"""How a definition is shown: its signature and its docstring."""

from __future__ import annotations

import inspect
import re

import tree_sitter

from analysis.graph.extraction.literals import literal_text

_SPACE = re.compile(r"\s+")
#: Longer values are data, not something a person reads in a list.
_LONGEST = 120


def signature(node: tree_sitter.Node, data: bytes) -> str:
    """The head of a function or class on one line, without ``def``'s colon."""
    body = node.child_by_field_name("body")
    end = body.start_byte if body is not None else node.end_byte
    for child in node.children:
        if child.type == ":":
            end = child.start_byte
            break
    head = _one_line(data[node.start_byte : end])
    return head.replace("( ", "(").replace(", )", ")").replace(" )", ")")


def annotation_text(node: tree_sitter.Node, data: bytes) -> str:
    """A variable or field as its (first) assignment says it, shortened."""
    whole = node
    while whole.parent is not None and whole.type not in ("assignment", "for_statement"):
        if whole.type in ("expression_statement", "block", "module"):
            break
        whole = whole.parent
    if whole.type != "assignment":
        whole = node
    text = _one_line(data[whole.start_byte : whole.end_byte])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def docstring(node: tree_sitter.Node, data: bytes) -> str:
    """The docstring of a module, or of a function or class, cleaned as Python shows it."""
    body = node if node.type == "module" else node.child_by_field_name("body")
    if body is None:
        return ""
    for statement in body.named_children:
        if statement.type == "comment":
            continue
        if statement.type != "expression_statement" or not statement.named_children:
            return ""
        value = statement.named_children[0]
        if value.type not in ("string", "concatenated_string"):
            return ""
        source = data[value.start_byte : value.end_byte].decode("utf-8", "replace")
        return inspect.cleandoc(literal_text(f"({source})"))
    return ""


def _one_line(data: bytes) -> str:
    return _SPACE.sub(" ", data.decode("utf-8", "replace")).strip()
