"""What is being written at a cursor: from a text and an offset to a :class:`Hole`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from analysis.names import NOTHING, Arguments
from analysis.syntax.guards import guards_at
from analysis.syntax.hole import BASE_CLASS, STRING_ARGUMENT, STRING_KEY, Hole, HoleKind
from analysis.syntax.lexer import STRING_PREFIXES, continues_name
from analysis.syntax.statement import (
    Begin,
    Statement,
    Token,
    arguments_before,
    callee_of,
    primary_start,
    segment_start,
    statement_at,
)
from analysis.syntax.tree import SyntaxTree, parsed

# --------------------------------------------------------------------------------------------------
# Whether the name at a cursor is read, or assigned and so allowed to be new.
# --------------------------------------------------------------------------------------------------


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


# --------------------------------------------------------------------------------------------------
# What is being written at a cursor: from a text and an offset to a :class:`Hole`.
#
# Judged from the tokens before the cursor (``statement``), since code around a cursor mostly does
# not parse; what follows the cursor only decides whether the name is assigned. Never raises.
# --------------------------------------------------------------------------------------------------


#: Words whose next word is a new name, not one that has to exist.
_DEFINES = frozenset({"def", "class", "as", "lambda"})


def hole_at(
    text: str, offset: int, tree: SyntaxTree | None = None, begins: tuple[Begin, ...] = ()
) -> Hole:
    """The hole at ``offset`` (code points; clamped to the text) of ``text``.

    ``tree`` is the tree of the same text; without it the text is parsed, which takes about 4 ms
    for each 1,000 lines, and less where a text like it was parsed before. ``begins`` are the
    :func:`~analysis.syntax.statement.begins_of` an intact text, for who asks about many places of
    it: the hole is the same.
    """
    offset = min(max(offset, 0), len(text))
    if tree is None or tree.text != text:
        tree = parsed(text)
    start, end = identifier_at(text, offset)
    before = statement_at(text, start, tree, begins)
    return _Site(text, start, offset, end, before, tree).hole()


def value_at(text: str, offset: int, tree: SyntaxTree | None = None) -> Hole | None:
    """The hole of an argument's value, where the whole of one begins at ``offset`` (code points)
    of ``text``, behind its keyword where it has one; ``None`` elsewhere. ``tree`` as above."""
    if tree is None or tree.text != text:
        tree = parsed(text)
    start, end = identifier_at(text, offset)
    return _Site(text, start, offset, end, statement_at(text, start, tree), tree).value()


def calls_at(text: str, offset: int, tree: SyntaxTree | None = None) -> tuple[Hole, ...]:
    """The calls that are open at ``offset``, the outermost first: each as if it ended there.

    ``given`` is what the call holds before. Parameters, class patterns and the bases of a class are
    no calls. ``text`` and ``tree`` as for :func:`hole_at`.
    """
    if tree is None or tree.text != text:
        tree = parsed(text)
    before = statement_at(text, offset, tree)
    return tuple(_Site(text, offset, offset, offset, before, tree).calls())


def identifier_at(text: str, offset: int) -> tuple[int, int]:
    """Begin and end of the identifier around ``offset``; both ``offset`` where there is none."""
    start = end = offset
    while start > 0 and continues_name(text[start - 1]):
        start -= 1
    while end < len(text) and continues_name(text[end]):
        end += 1
    return start, end


class _Site:
    def __init__(
        self, text: str, start: int, cursor: int, end: int, before: Statement, tree: SyntaxTree
    ) -> None:
        self.text = text
        self.start = start
        self.cursor = cursor
        self.end = end
        self.before = before
        self.tokens = before.tokens
        self.tree = tree

    def hole(self) -> Hole:
        if self.before.inside == "string":
            return self.string()
        if self.before.inside == "comment":
            return self.none("comment")
        if self.start < self.end and self.text[self.start].isdigit():
            return self.none("number")
        if self.before_quote() and self.text[self.start : self.end].lower() in STRING_PREFIXES:
            return self.none("a string's prefix")
        last = self.before.last
        if last is not None and last.text == ".":
            return self.behind_dot(len(self.tokens) - 1)
        if self.before.first in ("import", "from") and last is not None:
            return self.imported(last)
        if last is not None and (reason := self.closed_to_names(last)):
            return self.none(reason)
        return self.named(last)

    def before_quote(self) -> bool:
        return self.start < self.end and self.text[self.end : self.end + 1] in ("'", '"')

    def make(
        self,
        kind: HoleKind,
        receiver: tuple[int, int] | None = None,
        *,
        operand: int | None = None,
        reason: str = "",
        given: Arguments = NOTHING,
    ) -> Hole:
        """The hole; ``operand`` is the index of the token where the written target begins."""
        first = len(self.tokens) if operand is None else operand
        receiver_text = self.text[receiver[0] : receiver[1]] if receiver else ""
        store = kind in (HoleKind.ATTRIBUTE, HoleKind.NAME) and stores(
            self.text, self.end, self.before, first
        )
        guarded = kind is not HoleKind.NONE
        return Hole(
            kind,
            self.start,
            self.cursor,
            self.end,
            self.text[self.start : self.cursor],
            receiver,
            receiver_text,
            store,
            guards_at(self.text, self.before, receiver_text, self.start) if guarded else (),
            reason,
            given,
        )

    def none(self, reason: str) -> Hole:
        return self.make(HoleKind.NONE, reason=reason)

    def string(self) -> Hole:
        """Only a key in ``receiver["…`` and an argument of a call may be one of a set; other
        strings are text."""
        opener, last = self.before.opener, self.before.last
        span = callee_of(self.tokens, opener) if opener is not None else None
        if opener is None or last is None or span is None:
            return self.none("string")
        quote = self.text[last.end : self.before.string].strip()
        if quote not in ("'", '"'):
            return self.none("string")
        subscript = self.tokens[opener].text == "[" and last is self.tokens[opener]
        argument = self.argument(opener, span[0]) if self.tokens[opener].text == "(" else None
        if not subscript and argument is None:
            return self.none("string")
        self.start = self.before.string
        while self.end < len(self.text) and self.text[self.end] not in quote + "\r\n":
            self.end += 1
        if argument is None:
            return self.make(HoleKind.SUBSCRIPT_KEY, self.span(*span), reason=STRING_KEY)
        given, keyword = argument
        hole = self.make(HoleKind.LITERAL, self.span(*span), reason=STRING_ARGUMENT, given=given)
        return replace(hole, keyword=keyword)

    def value(self) -> Hole | None:
        """The value of an argument, if one begins here."""
        opener = self.before.opener
        if self.before.inside or opener is None or self.tokens[opener].text != "(":
            return None
        span = callee_of(self.tokens, opener)
        argument = self.argument(opener, span[0]) if span is not None else None
        if span is None or argument is None:
            return None
        given, keyword = argument
        hole = self.make(HoleKind.ARGUMENT_TYPE, self.span(*span), given=given)
        return replace(hole, keyword=keyword)

    def argument(self, opener: int, callee: int) -> tuple[Arguments, str] | None:
        """What a call holds before the argument that begins at the cursor, and its keyword;
        ``None`` inside of one."""
        if self.parameters(callee) or (self.before.first == "class" and callee == 1):
            return None
        begin, end = segment_start(self.tokens, opener), len(self.tokens)
        named = begin + 2 == end and self.tokens[-1].text == "="
        if begin != end and not named:
            return None
        given = arguments_before(self.tokens, opener, begin)
        return given, self.tokens[begin].text if named else ""

    def span(self, first: int, last: int) -> tuple[int, int]:
        return self.tokens[first].start, self.tokens[last].end

    def behind_dot(self, dot: int) -> Hole:
        first = self.before.first
        if first == "import" or (first == "from" and not self.has("import")):
            return self.module_path(dot)
        if first == "from" and self.has("import"):
            return self.none("no dot may stand here")
        begin = primary_start(self.tokens, dot - 1) if dot else None
        if begin is None:
            return self.none("nothing before the dot")
        return self.make(HoleKind.ATTRIBUTE, self.span(begin, dot - 1), operand=begin)

    def has(self, word: str) -> bool:
        return any(token.text == word and token.kind == "keyword" for token in self.tokens)

    def module_path(self, last: int) -> Hole:
        """``import a.b.`` or ``from ..a.``: the receiver is the path before the last dot."""
        begin = last
        while begin > 0 and (self.tokens[begin - 1].kind == "name" or self.dots(begin - 1)):
            begin -= 1
        span = self.span(begin, last)
        path = self.text[span[0] : span[1]]
        if self.tokens[begin].kind == "name" and path.endswith("."):
            span = span[0], self.tokens[last - 1].end
        return self.make(HoleKind.IMPORT_MODULE, span)

    def dots(self, index: int) -> bool:
        return self.tokens[index].text in (".", "...")

    def imported(self, last: Token) -> Hole:
        members = self.before.first == "from" and self.has("import")
        if last.kind == "name" or last.text in (")", "*"):
            return self.none("a name stands here already")
        if last.text == "as":
            return self.none("a new name")
        if members:
            at = next(i for i, token in enumerate(self.tokens) if token.text == "import")
            path = self.span(1, at - 1) if at > 1 else None
            return self.make(HoleKind.IMPORT_MEMBER, path, given=self.listed(at))
        if last.text == "...":
            return self.module_path(len(self.tokens) - 1)
        return self.make(HoleKind.IMPORT_MODULE)

    def listed(self, at: int) -> Arguments:
        """The names that the list behind the ``import`` at token ``at`` holds, without those that
        it gives another name."""
        names = [
            token.text
            for token, before, behind in zip(
                self.tokens[at + 1 :],
                self.tokens[at:],
                [*self.tokens[at + 2 :], None],
                strict=False,
            )
            if token.kind == "name"
            and before.text in ("import", "(", ",")
            and (behind is None or behind.text != "as")
        ]
        return Arguments(keywords=tuple(names))

    def closed_to_names(self, last: Token) -> str:
        """Why no existing name can be written behind ``last``, or ``""``."""
        if last.kind == "keyword" and last.text in _DEFINES:
            return "a new name"
        if last.text == "!":
            return "a conversion"
        if last.text == "async":
            return "a keyword"
        soft = len(self.tokens) == 1 and last.text in ("match", "case") and last.kind == "name"
        if last.operand and not soft:
            return "a name cannot follow an operand"
        return binds(self.before)

    def named(self, last: Token | None) -> Hole:
        first, opener = self.before.first, self.before.opener
        if last is None:
            return self.make(HoleKind.NAME)
        if first == "@" and len(self.tokens) == 1:
            return self.make(HoleKind.DECORATOR)
        if opener is None or self.tokens[opener].text == "(":
            exception = self.exception(first, opener)
            if exception is not None:
                return exception
        if opener is not None and first != "case":
            bracket = self.bracketed(opener)
            if bracket is not None:
                return bracket
        return self.make(HoleKind.NAME)

    def exception(self, first: str, opener: int | None) -> Hole | None:
        if first not in ("raise", "except") or (opener and callee_of(self.tokens, opener)):
            return None
        before = self.tokens[-1].text
        if before in ("raise", "except", "*", "(", ",") or (first == "raise" and before == "from"):
            return self.make(HoleKind.EXCEPTION)
        return None

    def calls(self) -> Iterator[Hole]:
        """The open calls, the outermost first."""
        if self.before.inside or self.before.first == "case":
            return
        for opener in self.before.openers:
            callee = callee_of(self.tokens, opener) if self.tokens[opener].text == "(" else None
            if callee is None or self.parameters(callee[0]):
                continue
            if self.before.first == "class" and callee[0] == 1:
                continue
            given = arguments_before(self.tokens, opener, len(self.tokens))
            yield self.make(HoleKind.CALL_END, self.span(*callee), given=given)

    def parameters(self, callee: int) -> bool:
        """Whether what stands at token ``callee`` is the name that a ``def`` declares."""
        return callee > 0 and self.tokens[callee - 1].text == "def"

    def bracketed(self, opener: int) -> Hole | None:
        callee = callee_of(self.tokens, opener)
        if callee is None or opener + 1 > len(self.tokens):
            return None
        begin = segment_start(self.tokens, opener)
        if begin != len(self.tokens):
            return None  # inside an argument: an ordinary expression
        if self.tokens[opener].text == "[":
            return self.make(HoleKind.SUBSCRIPT_KEY, self.span(*callee))
        if self.tokens[opener].text != "(" or self.parameters(callee[0]):
            return None
        given = arguments_before(self.tokens, opener, begin)
        behind = self.text[self.end : self.end + 200].lstrip(" \t\f\r\n\\")
        named = behind.startswith("=") and not behind.startswith("==")
        if self.before.first == "class" and callee[0] == 1:
            # What a class takes by keyword is its bases' and its metaclass' affair.
            kind = HoleKind.KEYWORD if named or given.keywords else HoleKind.NAME
            return self.make(kind, reason=BASE_CLASS, given=given)
        kind = HoleKind.ARGUMENT
        if named or given.keywords:
            kind = HoleKind.KEYWORD
        return self.make(kind, self.span(*callee), given=given)
