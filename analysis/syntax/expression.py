"""Walking back over an expression, token by token: receivers, callees, arguments."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.syntax.statement import Token

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
