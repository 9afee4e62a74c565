"""Walking back over an expression by tokens: receivers, callees, arguments, what a call gives."""

from __future__ import annotations

from collections.abc import Sequence

import tree_sitter

from analysis.signatures import Arguments
from analysis.syntax.statement import Token
from analysis.syntax.tree import SyntaxTree

# --------------------------------------------------------------------------------------------------
# Walking back over an expression, token by token: receivers, callees, arguments.
# --------------------------------------------------------------------------------------------------


_OPENERS = {")": "(", "]": "[", "}": "{"}


def opener_of(tokens: Sequence[Token], closer: int) -> int | None:
    """The index of the bracket that ``tokens[closer]`` closes."""
    wanted = _OPENERS[tokens[closer].text]
    depth = 0
    for index in range(closer, -1, -1):
        token = tokens[index]
        if token.kind != "op":
            continue
        if token.text in _OPENERS:
            depth += 1
        elif token.text in ("(", "[", "{"):
            depth -= 1
            if depth == 0:
                return index if token.text == wanted else None
    return None


def primary_start(tokens: Sequence[Token], last: int) -> int | None:
    """The index where the primary expression that ends at ``tokens[last]`` begins.

    A primary is an atom with attributes, calls and subscripts behind it: ``a.b(c)[d]``, ``"x"``,
    ``(yield)``. ``None`` when ``tokens[last]`` ends no expression or a bracket is missing.
    """
    index = last
    while index >= 0:
        token = tokens[index]
        if not token.operand:
            return None
        if token.kind == "op" and token.text in _OPENERS:
            opener = opener_of(tokens, index)
            if opener is None:
                return None
            if token.text != "}" and opener > 0 and _callable_end(tokens, opener - 1):
                index = opener - 1
                continue
            return opener
        if token.kind == "string":
            while index > 0 and tokens[index - 1].kind == "string":
                index -= 1  # adjacent literals are one
        if index > 1 and tokens[index - 1].text == ".":
            if not tokens[index - 2].operand:
                return None
            index -= 2
            continue
        return index
    return None


def _callable_end(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.kind == "string":
        return True
    return token.kind == "name" or (token.kind == "op" and token.text in _OPENERS)


def callee_of(tokens: Sequence[Token], opener: int) -> tuple[int, int] | None:
    """First and last index of what is called or subscripted by the bracket at ``opener``."""
    if opener == 0 or not _callable_end(tokens, opener - 1):
        return None
    first = primary_start(tokens, opener - 1)
    return None if first is None else (first, opener - 1)


def segment_start(tokens: Sequence[Token], opener: int) -> int:
    """The index where the argument at the end of ``tokens`` begins, inside ``opener``."""
    begin, depth, lambdas = opener + 1, 0, 0
    for index in range(opener + 1, len(tokens)):
        token = tokens[index]
        if depth == 0 and token.text == "lambda" and token.kind == "keyword":
            lambdas += 1  # what it takes is separated by commas, too
        if token.kind != "op":
            continue
        if token.text in ("(", "[", "{"):
            depth += 1
        elif token.text in _OPENERS:
            depth -= 1
        elif token.text == ":" and depth == 0:
            lambdas = max(0, lambdas - 1)
        elif token.text == "," and depth == 0 and not lambdas:
            begin = index + 1
    return begin


# --------------------------------------------------------------------------------------------------
# What a call gives, by syntax alone: before a cursor by tokens, in whole by the tree.
# --------------------------------------------------------------------------------------------------


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
