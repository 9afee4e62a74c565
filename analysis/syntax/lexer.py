"""An incremental lexer of Python: what is code, what is a string, and what does a dot mean here."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from enum import StrEnum

# --------------------------------------------------------------------------------------------------
# Where a number ends that is read character by character (reference, "Numeric literals").
# --------------------------------------------------------------------------------------------------


_BASES = {"x": "0123456789abcdef_", "o": "01234567_", "b": "01_"}


def goes_on(word: str, character: str) -> bool:
    """Whether ``character`` belongs to the number that began with ``word``."""
    word, low = word.lower(), character.lower()
    if digits := _of_base(word):
        return low in digits
    if "j" in word:
        return False
    if _exponent_begins(word):
        return character.isdecimal() or (character in "+-" and word[-1] == "e")
    power = "e" in word
    return (
        character.isdecimal()
        or character == "_"
        or (character == "." and "." not in word and not power)
        or (low == "e" and not power)
        or low == "j"
        or (word == "0" and low in _BASES)
    )


def end(word: str) -> int:
    """How much of ``word`` is a number when it does not go on.

    The rest looked like a part of one and is the beginning of a name, with a sign behind it or
    without: ``1else``, ``0or``, ``1e+x``.
    """
    word = word.lower()
    if _of_base(word):
        return 1 if len(word) == 2 else len(word)
    return word.find("e") if _exponent_begins(word) else len(word)


def _of_base(word: str) -> str:
    """The digits that may follow a base, ``""`` where ``word`` does not begin with one."""
    return _BASES.get(word[1], "") if len(word) > 1 and word[0] == "0" else ""


def _exponent_begins(word: str) -> bool:
    """Whether an exponent has no digits yet."""
    power = word.find("e")
    return power >= 0 and power == len(word.rstrip("+-")) - 1


# --------------------------------------------------------------------------------------------------
# An incremental lexer of Python: what is code, what is a string, and what does a dot mean here.
#
# Knows characters and nothing of grammar. A :class:`Lexer` is an immutable value that stands
# behind some text; :meth:`Lexer.advance` gives the one that stands behind more of it, however the
# text is cut. It follows the lexical analysis of the Python reference, f-strings as of 3.12 (PEP
# 701: any nesting, any quotes, in fields and format specs). Broken code is lexed too: a string
# that does not end ends with its line.
# --------------------------------------------------------------------------------------------------


class Area(StrEnum):
    """Where a position lies."""

    CODE = "code"
    STRING = "string"
    COMMENT = "comment"


class Clause(StrEnum):
    """What an import statement says next, at a position inside one."""

    NONE = ""
    MODULE = "import"
    ORIGIN = "from"
    MEMBER = "from … import"


@dataclass(frozen=True, slots=True)
class Quote:
    """An open string: its delimiter, and how its content is read."""

    mark: str
    raw: bool
    formatted: bool


#: Frames beside brackets and quotes: a replacement field of an f-string and its format spec.
FIELD, SPEC = "field", "spec"
Frame = Quote | str

#: What may stand before a quote, in lower case.
STRING_PREFIXES = frozenset({"r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"})
_OPEN = "([{"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_NO_VALUE = frozenset(keyword.kwlist) - {"True", "False", "None"}
_WORD = re.compile(r"\w+")
_BLANK = re.compile(r"[ \t\f]+")
#: The end of what is dull inside each kind of string; escapes and line ends are never dull.
_DULL = {
    (mark, formatted): re.compile(rf"[^\\\r\n{mark}{'{}' if formatted else ''}]+")
    for mark in "'\""
    for formatted in (False, True)
}
_COMMENT = re.compile(r"[^\r\n]+")

#: What `before` holds for tokens whose spelling does not matter.
NUMBER, STRING = "0", '""'


def continues_name(character: str) -> bool:
    """Whether a character can stand inside an identifier (``XID_Continue``)."""
    return character == "_" or character.isalnum() or ("a" + character).isidentifier()


@dataclass(frozen=True, slots=True)
class Lexer:
    """The state behind ``offset`` code points of a text.

    ``frames`` is what is open, outermost first. ``before`` is the last complete token (its
    spelling; ``NUMBER`` or ``STRING`` for literals; ``""`` where a statement begins), ``word`` a
    name or number in progress, ``number`` which of the two. ``value`` says, behind a dot, whether
    what the dot follows is a value. ``statement`` is the offset where the statement begins.
    """

    offset: int = 0
    frames: tuple[Frame, ...] = ()
    before: str = ""
    word: str = ""
    number: bool = False
    value: bool = False
    comment: bool = False
    carry: str = ""
    clause: Clause = Clause.NONE
    statement: int = 0

    @property
    def area(self) -> Area:
        """What the next character belongs to, if it goes on with what is open."""
        if self.comment:
            return Area.COMMENT
        top = self.frames[-1] if self.frames else ""
        # Two quotes behind each other are a whole string unless a third one follows.
        inside = isinstance(top, Quote) and self.carry != "open2"
        return Area.STRING if inside or top == SPEC else Area.CODE

    @property
    def in_string(self) -> bool:
        """Whether any string is open, so also in the code of a replacement field."""
        return any(isinstance(frame, Quote) for frame in self.frames)

    @property
    def dereference(self) -> bool:
        """Whether a name that follows here is an attribute (or a part of a dotted import path)."""
        return self.before == "." and self.value and not self.word and self.area is Area.CODE

    @property
    def ready(self) -> bool:
        """Whether a new token can begin here, in code."""
        return not self.word and not self.carry and self.area is Area.CODE

    def advance(self, text: str) -> Lexer:
        """The state behind ``text`` as well."""
        scan = _Scan(self)
        scan.run(text)
        return scan.state(self.offset + len(text))


class _Scan:
    """One :meth:`Lexer.advance`: the fields of a lexer, mutable while the text is walked."""

    def __init__(self, lexer: Lexer) -> None:
        self.frames = list(lexer.frames)
        self.before, self.word, self.number = lexer.before, lexer.word, lexer.number
        self.value, self.comment, self.carry = lexer.value, lexer.comment, lexer.carry
        self.clause, self.statement = lexer.clause, lexer.statement
        self.base = lexer.offset

    def state(self, offset: int) -> Lexer:
        return Lexer(
            offset,
            tuple(self.frames),
            self.before,
            self.word,
            self.number,
            self.value,
            self.comment,
            self.carry,
            self.clause,
            self.statement,
        )

    def run(self, text: str) -> None:
        at, size = 0, len(text)
        while at < size:
            top = self.frames[-1] if self.frames else ""
            if self.comment:
                run = _COMMENT.match(text, at)
                if run:
                    at = run.end()
                    continue
                self.comment = False
            if isinstance(top, Quote):
                at = self._string(text, at, top)
            elif top == SPEC:
                self._spec(text[at])
                at += 1
            else:
                at = self._code(text, at)

    # -- code ---------------------------------------------------------------------------------

    def _code(self, text: str, at: int) -> int:
        """Consume one token's worth of code from ``at``; where the rest begins."""
        character = text[at]
        if self.carry and self._joined(character):
            return at + 1
        if self.number:
            if goes_on(self.word, character):
                self.word += character
                return at + 1
            self._end_number(end(self.word))
        run = _WORD.match(text, at)
        if run and (self.word or not character.isdecimal()):
            self.word += run.group()
            return run.end()
        if self.word:
            if continues_name(character):
                self.word += character
                return at + 1
            if character in "'\"" and self.word.lower() in STRING_PREFIXES:
                prefix, self.word = self.word.lower(), ""
                self._open_string(character, prefix)
                return at + 1
            self._end_word()
        blank = _BLANK.match(text, at)
        if blank:
            return blank.end()
        if character.isdecimal():
            self.word, self.number = character, True
        elif character in "\r\n":
            self._end_line(character, self.base + at + 1)
        elif character == "#":
            self.comment = True
        elif character in "'\"":
            self._open_string(character, "")
        elif character == "\\":
            self.carry = "\\"
        else:
            self._operator(character, self.base + at)
        return at + 1

    def _joined(self, character: str) -> bool:
        """Behind a backslash, or a carriage return: whether ``character`` belongs to it."""
        carry, self.carry = self.carry, ""
        if carry == "\\" and character == "\r":
            self.carry = "\r"
            return True
        return character == "\n"

    def _end_number(self, end: int) -> None:
        """The number in progress is complete, of which what lies behind ``end`` is none."""
        if end == len(self.word):
            self._end_word()
            return
        name = self.word[end:].rstrip("+-")
        sign = self.word[end + len(name) :]
        self.before, self.value, self.number = NUMBER, False, False
        self.word = name
        if sign:
            self._end_word()
            self.before = sign

    def _end_word(self) -> None:
        """The name or number in progress is complete."""
        if not self.word:
            return
        word, self.word = self.word, ""
        if self.number:
            self.number = False
            # `.5`: the dot before was the number's own first character.
            self.before, self.value = NUMBER, False
            return
        first = self.before in ("", ":", ";") and not self.frames
        if word in ("import", "from") and first:
            self.clause = Clause.MODULE if word == "import" else Clause.ORIGIN
        elif word == "import" and self.clause is Clause.ORIGIN:
            self.clause = Clause.MEMBER
        # Behind a dot even a keyword is an attribute that someone is writing.
        self.before, self.value = word, self.before == "." and self.value

    def _operator(self, character: str, offset: int) -> None:
        if character == ".":
            self._dot()
            return
        top = self.frames[-1] if self.frames else ""
        if character in _OPEN:
            self.frames.append(character)
        elif top == FIELD and character in "}:":
            self.frames[-1:] = [SPEC] if character == ":" else []
            self.before = ""
            return
        elif character in _PAIRS and top == _PAIRS[character]:
            self.frames.pop()
        elif character == ";" and not self.frames:
            self.clause, self.statement = Clause.NONE, offset + 1
        self.before, self.value = character, False

    def _dot(self) -> None:
        if self.before in (".", "..") and not self.value:
            self.before += "."
            return
        self.value = self._is_value()
        self.before = "."

    def _is_value(self) -> bool:
        """Whether the last complete token can end an expression."""
        before = self.before
        if before in (NUMBER, STRING, ")", "]", "}", "..."):
            return True
        if not before[:1].isidentifier():
            return False
        return self.value or before not in _NO_VALUE

    def _end_line(self, character: str, offset: int) -> None:
        if character == "\r":
            self.carry = "\r"
        if not self.frames:
            self.before, self.value, self.clause = "", False, Clause.NONE
            self.statement = offset

    # -- strings ------------------------------------------------------------------------------

    def _open_string(self, mark: str, prefix: str) -> None:
        self.frames.append(Quote(mark, "r" in prefix, bool({"f", "t"} & set(prefix))))
        self.carry = "open1"

    def _close_string(self) -> None:
        """Leave the innermost string and all that is open inside it."""
        while self.frames and not isinstance(self.frames.pop(), Quote):
            pass
        self.carry, self.before, self.value = "", STRING, False

    def _string(self, text: str, at: int, quote: Quote) -> int:
        """Consume some of a string from ``at``; where the rest begins."""
        character, carry = text[at], self.carry
        mark = quote.mark[0]
        if carry == "open1":
            self.carry = "open2" if character == mark else ""
            return at + 1 if self.carry else at
        if carry == "open2":
            if character == mark:
                self.frames[-1] = Quote(mark * 3, quote.raw, quote.formatted)
                self.carry = ""
                return at + 1
            self._close_string()
            return at
        if carry:
            return self._carried(text, at, quote)
        dull = _DULL[mark, quote.formatted].match(text, at)
        if dull:
            return dull.end()
        if character == "\\":
            self.carry = "\\"
        elif character == mark:
            if len(quote.mark) == 1:
                self._close_string()
            else:
                self.carry = mark
        elif character in "{}":
            self.carry = character
        elif len(quote.mark) == 1:
            # An unescaped line end: the string is broken and ends here.
            self._close_string()
            return at
        return at + 1

    def _carried(self, text: str, at: int, quote: Quote) -> int:
        """As :meth:`_string`, where the characters before leave something to decide."""
        character, carry = text[at], self.carry
        self.carry = ""
        if carry == "\\":
            if character == "\r":
                self.carry = "\\\r"
            elif character == "N" and quote.formatted and not quote.raw:
                self.carry = "\\N"
            elif character in "{}" and quote.formatted:
                return at
            return at + 1
        if carry == "\\\r":
            return at + 1 if character == "\n" else at
        if carry == "\\N":
            self.carry = "\\N{" if character == "{" else ""
            return at + 1 if self.carry else at
        if carry == "\\N{":
            self.carry = "" if character in "}\r\n" + quote.mark[0] else carry
            return at + 1 if self.carry or character == "}" else at
        if carry == "{":
            if character == "{":
                return at + 1
            self.frames.append(FIELD)
            self.before, self.value = "", False
            return at
        if carry == "}":
            return at + 1 if character == "}" else at
        # Quotes inside a triple-quoted string: the third one in a row ends it.
        if character == quote.mark[0]:
            self.carry = carry + character
            if self.carry == quote.mark:
                self._close_string()
            return at + 1
        return at

    def _spec(self, character: str) -> None:
        """One character of a format spec."""
        quote = next(frame for frame in reversed(self.frames) if isinstance(frame, Quote))
        if character == "{":
            self.frames.append(FIELD)
            self.before, self.value = "", False
        elif character == "}":
            self.frames.pop()
        elif len(quote.mark) == 1 and (character == quote.mark or character in "\r\n"):
            self._close_string()
            if character in "\r\n":
                self._end_line(character, self.statement)
