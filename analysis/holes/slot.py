"""What the grammar wants at a cursor: which annotation or value says the type of what is written.

By syntax alone, from the tokens before the cursor. Where an expression is a part of another one in
a way that says nothing of its type, there is no slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.semantics.occurrences import with_placeholder
from analysis.syntax.hole import Hole
from analysis.syntax.statement import (
    Statement,
    Token,
    arguments_before,
    callee_of,
    primary_start,
    segment_start,
    statement_at,
)
from analysis.syntax.tree import SyntaxTree, parsed


class SlotKind(StrEnum):
    """Where the expected type comes from."""

    ARGUMENT = "argument"
    """The parameter that the argument goes to."""
    RETURN = "return"
    """What the function around is declared to return."""
    ASSIGNMENT = "assignment"
    """What the target is declared to be or was before."""
    DEFAULT = "default"
    """The annotation of the parameter whose default it is."""
    COMPARISON = "comparison"
    """What it is compared with."""
    FIXED = "fixed"
    """The language itself: a condition, an exception, something to iterate over."""
    NONE = "none"
    """Nothing says it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where to look. ``start`` and ``end`` (code points) span the callee, the annotation, the
    target or the other operand; ``position`` and ``keyword`` say which argument; ``fixed`` is the
    type that the language wants."""

    kind: SlotKind
    start: int = 0
    end: int = 0
    position: int = 0
    keyword: str = ""
    fixed: str = ""
    #: Whether ``start`` to ``end`` is an annotation rather than an expression.
    annotation: bool = False


NOWHERE = Slot(SlotKind.NONE)
_CONDITIONS = frozenset({"if", "elif", "while", "assert", "not"})
_COMPARED = frozenset({"==", "!=", "<", ">", "<=", ">=", "is"})
#: Before a part of an expression that has the type of the whole.
_SAME = frozenset({"or", "and", "else", "await", "-", "+", "~"})
_OPEN, _CLOSE = frozenset({"(", "[", "{"}), frozenset({")", "]", "}"})
_FUNCTION = frozenset({"function_definition"})


def slot_at(text: str, hole: Hole) -> Slot:
    """The slot of the expression that is being written at ``hole`` of ``text``."""
    # With a name at the hole, so that its statement is whole and lies in its function.
    text, _ = with_placeholder(text, hole.start, hole.end)
    tree = parsed(text)
    statement = statement_at(text, hole.start, tree)
    tokens = statement.tokens
    begin: int | None = len(tokens)
    if tokens and tokens[-1].text == ".":
        begin = primary_start(tokens, len(tokens) - 2) if len(tokens) > 1 else None
    if begin is None or statement.inside:
        return NOWHERE
    return _before(statement, begin, hole.start, tree)


def _before(statement: Statement, begin: int, offset: int, tree: SyntaxTree) -> Slot:
    """The slot of the expression whose first token is (or will be) ``tokens[begin]``."""
    tokens = statement.tokens
    if begin == 0:
        return NOWHERE
    last = tokens[begin - 1]
    opener = _innermost(tokens, begin)
    if opener is not None and tokens[opener].text == "(":
        if tokens[opener - 1].kind == "name" and opener > 1 and tokens[opener - 2].text == "def":
            return _of_parameter(tokens, opener, begin)
        called = callee_of(tokens, opener)
        if called is not None:
            found = _of_argument(tokens, opener, begin, called)
            if found is not None:
                return found
    if last.text == "return":
        return _of_function(tree, offset)
    if last.text == "=" and opener is None:
        return _of_target(tokens, begin - 1)
    if last.text in _COMPARED:
        first = primary_start(tokens, begin - 2) if begin > 1 else None
        if first is not None:
            return Slot(SlotKind.COMPARISON, tokens[first].start, tokens[begin - 2].end)
        return NOWHERE
    if last.text in _CONDITIONS and last.kind == "keyword":
        return Slot(SlotKind.FIXED, fixed="bool")
    return _of_whole(statement, begin, offset, tree, opener)


def _of_whole(
    statement: Statement, begin: int, offset: int, tree: SyntaxTree, opener: int | None
) -> Slot:
    """The slot of a part that has the type of the whole, or one that the statement fixes."""
    tokens = statement.tokens
    last, first = tokens[begin - 1], statement.first
    if last.text == "raise" or (first == "raise" and last.text == "from"):
        return Slot(SlotKind.FIXED, fixed="BaseException")
    if last.text == "except" or (first == "except" and last.text in ("(", ",", "*")):
        return Slot(SlotKind.FIXED, fixed="type[BaseException]")
    if last.text == "in" and first in ("for", "async") and opener is None:
        return Slot(SlotKind.FIXED, fixed="Iterable")
    if last.text == "(" and opener == begin - 1 and callee_of(tokens, opener) is None:
        return _before(statement, begin - 1, offset, tree)
    unary = last.text in ("-", "+") and begin > 1 and not tokens[begin - 2].operand
    if last.text in _SAME and (unary or last.kind == "keyword" or last.text == "~"):
        return _before(statement, _whole_start(tokens, begin - 1), offset, tree)
    return NOWHERE


def _whole_start(tokens: Sequence[Token], index: int) -> int:
    """Where the expression begins that goes over ``tokens[index]``."""
    depth = 0
    while index > 0:
        before = tokens[index - 1]
        if before.kind == "op" and before.text in _CLOSE:
            depth += 1
        elif before.text in _OPEN:
            if depth == 0:
                return index
            depth -= 1
        elif depth == 0 and (
            before.text in (",", "=", ":", "->", ":=") or before.text in ("return", "in", "yield")
        ):
            return index
        elif depth == 0 and before.text in _CONDITIONS and (before.text != "if" or index == 1):
            return index  # the ``if`` of ``a if b else c`` is within
        index -= 1
    return index


def _innermost(tokens: Sequence[Token], end: int) -> int | None:
    """The index of the innermost bracket that is open before ``tokens[end]``."""
    depth = 0
    for index in range(end - 1, -1, -1):
        token = tokens[index]
        if token.kind == "op" and token.text in _CLOSE:
            depth += 1
        elif token.kind == "field":
            return None
        elif token.kind == "op" and token.text in _OPEN:
            if depth == 0:
                return index
            depth -= 1
    return None


def _of_argument(
    tokens: Sequence[Token], opener: int, begin: int, called: tuple[int, int]
) -> Slot | None:
    """The argument that begins at ``tokens[begin]``; ``None`` inside of one."""
    segment = segment_start(tokens[:begin], opener)
    start, end = tokens[called[0]].start, tokens[called[1]].end
    if segment == begin:
        given = arguments_before(tokens, opener, begin)
        if given.unpacked or given.keywords:
            return NOWHERE
        return Slot(SlotKind.ARGUMENT, start, end, given.positional)
    named = segment + 2 == begin and tokens[begin - 1].text == "="
    if named and tokens[segment].kind == "name":
        return Slot(SlotKind.ARGUMENT, start, end, keyword=tokens[segment].text)
    return None


def _of_parameter(tokens: Sequence[Token], opener: int, begin: int) -> Slot:
    """The default of a parameter that has an annotation."""
    segment = segment_start(tokens[:begin], opener)
    part = tokens[segment:begin]
    if len(part) > 3 and part[1].text == ":" and part[-1].text == "=":
        return Slot(SlotKind.DEFAULT, part[2].start, part[-2].end, annotation=True)
    return NOWHERE


def _of_target(tokens: Sequence[Token], equals: int) -> Slot:
    target = tokens[:equals]
    for index in range(len(target) - 1, -1, -1):
        if target[index].text == "=":
            target = target[index + 1 :]
            break
    colon = next((i for i, t in enumerate(target) if t.text == ":" and t.kind == "op"), None)
    if colon is not None and colon > 0 and "[" not in {t.text for t in target[:colon]}:
        annotation = target[colon + 1 :]
        if annotation:
            start, end = annotation[0].start, annotation[-1].end
            return Slot(SlotKind.ASSIGNMENT, start, end, annotation=True)
        return NOWHERE
    if target and primary_start(target, len(target) - 1) == 0:
        return Slot(SlotKind.ASSIGNMENT, target[0].start, target[-1].end)
    return NOWHERE


def _of_function(tree: SyntaxTree, offset: int) -> Slot:
    around = tree.inside(offset, _FUNCTION)
    returned = around.child_by_field_name("return_type") if around is not None else None
    if returned is None:
        return NOWHERE
    start, end = tree.span(returned)
    return Slot(SlotKind.RETURN, start, end, annotation=True)
