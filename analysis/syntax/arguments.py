"""What a call gives, by syntax alone: before a cursor by tokens, in whole by the tree."""

from __future__ import annotations

from collections.abc import Sequence

import tree_sitter

from analysis.signatures import Arguments
from analysis.syntax.statement import Token
from analysis.syntax.tree import SyntaxTree


def arguments_before(tokens: Sequence[Token], opener: int, end: int) -> Arguments:
    """What the call that ``tokens[opener]`` opens holds in ``tokens[opener + 1 : end]``.

    ``end`` lies behind a comma or the last argument, or is ``opener + 1``.
    """
    positional, keywords, unpacked, unpacked_names = 0, [], False, False
    depth, lambdas, fresh = 0, 0, True
    for index in range(opener + 1, end):
        token = tokens[index]
        if fresh:
            fresh = False
            behind = tokens[index + 1].text if index + 1 < end else ""
            if token.text == "**":
                unpacked_names = True
            elif token.text == "*":
                unpacked = True
            elif token.kind == "name" and behind == "=":
                keywords.append(token.text)
            elif token.text != ",":
                positional += 1
        if token.kind in ("op", "field"):
            if token.text in ("(", "[", "{"):
                depth += 1
            elif token.text in (")", "]", "}"):
                depth -= 1
            elif depth == 0 and token.text == ":":
                lambdas = max(0, lambdas - 1)
            elif depth == 0 and token.text == "," and not lambdas:
                fresh = True
        elif depth == 0 and token.text == "lambda":
            lambdas += 1  # what it takes is separated by commas, too
    return Arguments(positional, tuple(keywords), unpacked, unpacked_names)


def arguments_of(tree: SyntaxTree, call: tree_sitter.Node) -> tuple[Arguments, tuple[int, ...]]:
    """What a ``call`` node gives, and where each argument without a name begins (code points)."""
    listed = call.child_by_field_name("arguments")
    if listed is None:
        return Arguments(), ()
    if listed.type == "generator_expression":
        return Arguments(1), (tree.to_offset(listed.start_byte),)
    places: list[int] = []
    keywords: list[str] = []
    unpacked = unpacked_names = False
    for child in listed.named_children:
        if child.type == "keyword_argument":
            name = child.child_by_field_name("name")
            keywords.append(tree.slice(name) if name is not None else "")
        elif child.type == "list_splat":
            unpacked = True
        elif child.type == "dictionary_splat":
            unpacked_names = True
        elif child.type not in ("comment", "line_continuation"):
            places.append(tree.to_offset(child.start_byte))
    return Arguments(len(places), tuple(keywords), unpacked, unpacked_names), tuple(places)
