"""Whether the name at a cursor is read, or assigned and so allowed to be new."""

from __future__ import annotations

import re

from analysis.syntax.expression import callee_of, segment_start
from analysis.syntax.statement import Statement

#: The rest of a target list: attribute paths, names, commas, stars and brackets.
_TARGET_REST = re.compile(r"(?:[ \t\f]|\\\r?\n|[\w.,*()\[\]]|'[^'\r\n]*'|\"[^\"\r\n]*\")*")
_ANNOTATION = re.compile(r"[ \t]*:(?!=)")


def stores(text: str, end: int, before: Statement, operand: int) -> bool:
    """Whether the target that begins at token ``operand`` and ends at ``end`` is bound here.

    Assigned (``a.x = …``, also in a tuple and in a chain), annotated, deleted, a loop variable, a
    ``with … as`` target, ``global``. An augmented assignment reads first and does not count.
    """
    behind = text[end : end + 400]
    closest = behind.lstrip(" \t\f")
    if closest.startswith((".", "(", "[")):
        return False
    tokens, opener = before.tokens, before.opener
    previous = tokens[operand - 1].text if operand else ""
    bare = operand == len(tokens)
    if bare and (closest.startswith(":=") or _captures(before)):
        return True
    if previous == "as":
        return True
    if any(
        callee_of(tokens, index) or tokens[index].kind == "field"
        for index in before.openers
        if tokens[index].text != "{"
    ):
        return _loop_variable(before, operand)
    if _loop_variable(before, operand):
        return True
    first = before.first if operand else ""
    if first in ("global", "nonlocal"):
        return True
    if first == "del":
        return previous in ("del", ",", "(", "[")
    if previous not in ("", ",", "(", "[", "*", "="):
        return False
    if first and tokens[0].kind == "keyword":
        return False
    if operand == 0 and opener is None and _ANNOTATION.match(closest):
        return True
    rest = _TARGET_REST.match(behind)
    tail = behind[rest.end() :] if rest else behind
    return tail.startswith("=") and not tail.startswith("==")


def _captures(before: Statement) -> bool:
    """Whether a bare name here would be a capture pattern, which binds."""
    if before.first != "case" or before.tokens[0].kind != "name" or len(before.tokens) == 1:
        return before.first == "case"
    words = {token.text for token in before.tokens if token.kind == "keyword"}
    return "if" not in words and before.tokens[-1].text in ("(", "[", ",", "|", "*", "**", ":", "=")


def _loop_variable(before: Statement, operand: int) -> bool:
    begin = before.opener + 1 if before.opener is not None else 0
    words = [token.text for token in before.tokens[begin:operand] if token.kind == "keyword"]
    return bool(words) and words[-1] == "for"


def binds(before: Statement) -> str:
    """Why a name written here is a new one (a parameter, a type parameter), or ``""``."""
    tokens, opener = before.tokens, before.opener
    last = tokens[-1].text
    level = opener + 1 if opener is not None else 0
    for index in range(len(tokens) - 1, level - 1, -1):
        if tokens[index].text == ":":
            break
        if tokens[index].text == "lambda" and tokens[index].kind == "keyword":
            return "a parameter" if last in ("lambda", ",", "*", "**", "/") else ""
    if opener is None or before.first not in ("def", "async", "class", "type"):
        return ""
    if len(before.openers) > 1 or _header_name(before) != opener - 1:
        return ""
    if tokens[opener].text == "[":
        return "a type parameter" if last in ("[", ",", "*", "**") else ""
    if before.first == "class" or tokens[opener].text != "(":
        return ""
    begin = segment_start(tokens, opener)
    written = [token.text for token in tokens[begin:]]
    return "a parameter" if written in ([], ["*"], ["**"]) else ""


def _header_name(before: Statement) -> int:
    """The index of the name that a ``def``, ``class`` or ``type`` statement declares; negative
    for an ``async with`` or ``async for``, which declares none."""
    if before.first != "async":
        return 1
    return 2 if before.tokens[1:2] and before.tokens[1].text == "def" else -1
