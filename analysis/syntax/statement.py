"""The statement to the left of a cursor, as tokens, when the code around it is broken.

A cursor mostly stands in code that does not parse, so what is being written is read from the tokens
before it rather than from the tree. Lexing begins at the nearest line above that starts with a word
which can only begin a statement (``def``, ``return``, ``import``, …): no open bracket further up
can reach past such a line, whatever is broken there. The tree only says which of these lines lie
inside a string.
"""

from __future__ import annotations

import keyword
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import tree_sitter

from analysis.names import Arguments
from analysis.syntax.lexer import STRING_PREFIXES
from analysis.syntax.tree import SyntaxTree

#: Words that are never operands. ``None``, ``True``, ``False`` are operands.
KEYWORDS = frozenset(keyword.kwlist) - {"None", "True", "False"}
#: Words that begin a statement with a suite, so that a colon ends their header.
COMPOUND = frozenset(
    {"if", "elif", "else", "for", "while", "with", "try", "except", "finally", "def", "class"}
    | {"async", "match", "case"}
)
_RESTART = re.compile(
    r"(?:\A|(?<=[\r\n]))[ \t\f]*(?:async[ \t]+(?:def|with)|def|class|return|import|while|with|try|"
    r"except|finally|elif|raise|assert|del|pass|break|continue|global|nonlocal)\b"
)
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\f]+|\\(?:\r\n|\r|\n))
  | (?P<newline>\r\n|\r|\n)
  | (?P<comment>\#[^\r\n]*)
  | (?P<string>(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"\"\"|'|\"))
  | (?P<number>(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
      |(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)[jJ]?)
  | (?P<name>[^\W\d]\w*)
  | (?P<op>\.\.\.|:=|->|\*\*=|//=|>>=|<<=|\*\*|//|>>|<<|[-+*/%@&|^=!<>]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
#: What ends a plain string, by quote: the quote, or for short ones the line.
_STRING_BODY = {
    "'": re.compile(r"(?:[^'\\\r\n]|\\(?:\r\n|.))*+(?P<end>')?", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\r\n]|\\(?:\r\n|.))*+(?P<end>")?', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*+(?P<end>''')?", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+(?P<end>""")?', re.DOTALL),
}
_FIELD_TEXT = {
    "'": re.compile(r"(?:[^'\\{}\r\n]|\\(?:\r\n|[^{}])|\\(?=[{}])|\{\{|\}\})*+", re.DOTALL),
    '"': re.compile(r'(?:[^"\\{}\r\n]|\\(?:\r\n|[^{}])|\\(?=[{}])|\{\{|\}\})*+', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\{}]|\\[^{}]|\\(?=[{}])|\{\{|\}\}|'(?!''))*+", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\{}]|\\[^{}]|\\(?=[{}])|\{\{|\}\}|"(?!""))*+', re.DOTALL),
}
_FORMAT_TEXT = re.compile(r"[^{}'\"\r\n]*")
_STRINGS = frozenset({"string", "string_content", "comment"})
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the statement. ``kind``: ``name``, ``keyword``, ``number``, ``string``, ``op``,
    or ``field`` for the brace that opens a replacement field of an f-string."""

    kind: str
    start: int
    end: int
    text: str

    @property
    def operand(self) -> bool:
        """Whether an expression may end with this token."""
        return self.kind in ("name", "number", "string") or self.text in (")", "]", "}", "...")


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands between the beginning of a statement and a cursor.

    ``openers`` are the indices in ``tokens`` of brackets still open at the cursor, outermost
    first. ``inside`` is ``"string"`` or ``"comment"`` when the cursor is in one, and ``string`` is
    where that string's text begins. ``indent`` is the column of the logical line, ``start`` its
    offset.
    """

    tokens: tuple[Token, ...]
    openers: tuple[int, ...]
    inside: str = ""
    string: int = -1
    indent: int = 0
    start: int = 0

    @property
    def first(self) -> str:
        """The text of the first token, or ``""``."""
        return self.tokens[0].text if self.tokens else ""

    @property
    def last(self) -> Token | None:
        """The token before the cursor."""
        return self.tokens[-1] if self.tokens else None

    @property
    def opener(self) -> int | None:
        """The index of the innermost open bracket."""
        return self.openers[-1] if self.openers else None


#: A place where the lexer may begin, where its logical line does, and how far that is indented, or
#: -1 where it is the logical line that begins.
Begin = tuple[int, int, int]


@dataclass(slots=True)
class _Lexer:
    text: str
    stop: int
    tokens: list[Token] = field(default_factory=list)
    openers: list[int] = field(default_factory=list)
    #: For each open replacement field: the quote of its f-string (``""`` for a field inside a
    #: format), the index of its opening token, and where the f-string began.
    fields: list[tuple[str, int, int]] = field(default_factory=list)
    line_start: int = 0
    indent: int = 0
    begins: list[Begin] = field(default_factory=list)

    def reset(self, at: int) -> None:
        """Begin a new logical line at ``at``."""
        self.begins.append((at, at, -1))
        self.tokens.clear()
        self.openers.clear()
        self.fields.clear()
        self.line_start = at
        self.indent = -1

    def in_field(self) -> bool:
        return bool(self.openers) and self.tokens[self.openers[-1]].kind == "field"

    def result(self, inside: str = "", string: int = -1) -> Statement:
        begin = _simple_statement(self.tokens[: self.openers[0]] if self.openers else self.tokens)
        return Statement(
            tuple(self.tokens[begin:]),
            tuple(index - begin for index in self.openers),
            inside,
            string,
            max(self.indent, 0),
            self.line_start,
        )

    def push(self, kind: str, start: int, end: int) -> None:
        if self.indent < 0:
            newline = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start))
            self.indent = start - newline - 1
            self.line_start = start
        self.tokens.append(Token(kind, start, end, self.text[start:end]))


def _simple_statement(tokens: list[Token]) -> int:
    """The index behind the last ``;`` or the colon of a header on the same line."""
    begin, depth, lambdas = 0, 0, 0
    for index, token in enumerate(tokens):
        if token.kind == "field" or token.text in ("(", "[", "{"):
            depth += 1
        elif token.kind == "op" and token.text in _PAIRS:
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif token.text == "lambda":
            lambdas += 1
        elif token.text == ";":
            begin, lambdas = index + 1, 0
        elif token.text == ":" and lambdas:
            lambdas -= 1
        elif token.text == ":" and _heads_suite(tokens, begin, index):
            begin = index + 1
    return begin


def _heads_suite(tokens: list[Token], begin: int, colon: int) -> bool:
    first = tokens[begin]
    if first.kind == "keyword":
        return first.text in COMPOUND
    # ``match`` and ``case`` are names, too: ``match: int`` declares one.
    return first.text in COMPOUND and colon > begin + 1


def statement_at(
    text: str, offset: int, tree: SyntaxTree, begins: tuple[Begin, ...] = ()
) -> Statement:
    """The statement before ``offset`` of ``text``, whose tree is ``tree``.

    ``begins`` are those of an intact text, where they are known.
    """
    if not begins:
        return _read(_Lexer(text, offset), _restart(text, offset, tree))
    begin = begins[bisect_right(begins, (offset + 1,)) - 1]
    return _read(_Lexer(text, offset), *begin)


def begins_of(text: str) -> tuple[Begin, ...]:
    """Where the lexer may begin in an intact ``text``: at logical lines, blank ones as well, and
    behind semicolons, since a line can hold a whole file."""
    lexer = _Lexer(text, len(text))
    _read(lexer, 0)
    return tuple(lexer.begins)


def _read(lexer: _Lexer, at: int, line_start: int | None = None, indent: int = -1) -> Statement:
    text, offset = lexer.text, lexer.stop
    lexer.reset(at)
    lexer.line_start, lexer.indent = at if line_start is None else line_start, indent
    while at < offset:
        match = _TOKEN.match(text, at, offset)
        if match is None:  # pragma: no cover - the last alternative takes any character
            break
        kind, start, at = match.lastgroup, at, match.end()
        if kind == "string":
            at = _string(lexer, match)
        elif kind == "newline":
            if not lexer.openers or _broken_off(lexer, at):
                lexer.reset(at)
        elif kind == "comment" and at >= offset:
            return lexer.result("comment")
        elif kind == "number":
            lexer.push("number", start, at)
        elif kind == "name":
            lexer.push("keyword" if match[0] in KEYWORDS else "name", start, at)
        elif kind == "op":
            at = _operator(lexer, start, at)
            if match[0] == ";" and not lexer.openers:
                lexer.begins.append((at, lexer.line_start, lexer.indent))
        if at < 0:
            return lexer.result("string", -at - 1)
    return lexer.result()


def _restart(text: str, offset: int, tree: SyntaxTree) -> int:
    size, end = 4000, offset
    while True:
        begin = max(0, end - size)
        if begin:
            # A window begins at a line, so that a word cut in half is no line start.
            begin = max(text.rfind("\n", 0, begin), text.rfind("\r", 0, begin)) + 1
        for match in reversed(list(_RESTART.finditer(text, begin, end))):
            at = match.start()
            if match.end() < offset and not _continued(text, at) and not _in_string(tree, at):
                return at
        if begin == 0:
            return 0
        end, size = begin, size * 2


def _continued(text: str, line_start: int) -> bool:
    before = text[max(0, line_start - 3) : line_start].rstrip("\r\n")
    return before.endswith("\\")


def _in_string(tree: SyntaxTree, offset: int) -> bool:
    return tree.inside(offset, _STRINGS) is not None


def _broken_off(lexer: _Lexer, at: int) -> bool:
    """Whether the open bracket was forgotten: the next line begins a statement of its own.

    Two operands side by side inside brackets are no Python; behind a line end the second one
    begins a new statement, if it is not indented deeper than the one that was left open.
    """
    last = lexer.tokens[-1]
    match = _TOKEN.match(lexer.text, at, lexer.stop)
    while match is not None and match["space"] is not None:
        match = _TOKEN.match(lexer.text, match.end(), lexer.stop)
    if match is None or match["name"] is None or match[0] in KEYWORDS or not last.operand:
        return False
    return match.start() - at <= lexer.indent and not lexer.fields


def _string(lexer: _Lexer, match: re.Match[str]) -> int:
    """Lex a string from its prefix on; the offset behind it, or ``-1 - start of its text``."""
    prefix, quote, start = match["prefix"].lower(), match["quote"], match.start()
    if prefix and prefix not in STRING_PREFIXES:
        lexer.push("name", start, start + len(prefix))
        start += len(prefix)
        prefix = ""
    if "f" in prefix or "t" in prefix:
        return _formatted(lexer, quote, start, match.end())
    body = _STRING_BODY[quote].match(lexer.text, match.end(), lexer.stop)
    end = body.end() if body else match.end()
    closed = body is not None and body["end"] is not None
    if not closed and end >= lexer.stop:
        return -1 - match.end()
    lexer.push("string", start, end)
    return end


def _formatted(lexer: _Lexer, quote: str, start: int, at: int) -> int:
    """Lex the text of an f-string from ``at`` up to its end or its next replacement field."""
    body = _FIELD_TEXT[quote].match(lexer.text, at, lexer.stop)
    end = body.end() if body else at
    if lexer.text.startswith(quote, end, lexer.stop):
        lexer.push("string", start, end + len(quote))
        return end + len(quote)
    if end < lexer.stop and lexer.text[end] == "{":
        _open_field(lexer, quote, start, end)
        return end + 1
    if end >= lexer.stop:
        return -1 - at
    if lexer.text[end] == "}":
        return _formatted(lexer, quote, start, end + 1)
    lexer.push("string", start, end)  # a short string that its line cuts off
    return end


def _operator(lexer: _Lexer, start: int, end: int) -> int:
    char = lexer.text[start:end]
    if char in _PAIRS:
        for depth in range(len(lexer.openers) - 1, -1, -1):
            token = lexer.tokens[lexer.openers[depth]]
            if token.kind == "field" and char == "}":
                return _close_field(lexer, end)
            if token.kind == "op" and token.text == _PAIRS[char]:
                del lexer.openers[depth:]
                break
    elif char in ("(", "[", "{"):
        lexer.openers.append(len(lexer.tokens))
    elif char in (":", ":=") and lexer.in_field():
        # A colon directly in a field begins the format; a walrus would need parentheses.
        return _format(lexer, start + 1)
    lexer.push("op", start, end)
    return end


def _format(lexer: _Lexer, at: int) -> int:
    """Skip a format specification up to the brace that ends its field, or to a nested field."""
    body = _FORMAT_TEXT.match(lexer.text, at, lexer.stop)
    end = body.end() if body else at
    if end >= lexer.stop:
        return -1 - at
    if lexer.text[end] == "{":
        _open_field(lexer, "", end, end)
        return end + 1
    return _close_field(lexer, end + 1 if lexer.text[end] == "}" else end)


def _open_field(lexer: _Lexer, quote: str, start: int, brace: int) -> None:
    lexer.openers.append(len(lexer.tokens))
    lexer.fields.append((quote, len(lexer.tokens), start))
    lexer.push("field", brace, brace + 1)


def _close_field(lexer: _Lexer, at: int) -> int:
    """Forget the field's tokens and go on with the text or the format around it."""
    quote, index, start = lexer.fields.pop()
    del lexer.tokens[index:]
    while lexer.openers and lexer.openers[-1] >= index:
        lexer.openers.pop()
    return _formatted(lexer, quote, start, at) if quote else _format(lexer, at)


# -- walking back over an expression by tokens: receivers, callees, arguments, what a call gives


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
