"""A text as a value: lines, columns in any encoding, and documents, of which edits make others.

Only ``\\n``, ``\\r\\n`` and ``\\r`` end a line. ``str.splitlines`` also splits at form feed, U+0085
and U+2028, which neither Python's tokenizer nor the Language Server Protocol takes for a line end;
it is never used here. Columns are counted in code points, UTF-8 bytes or UTF-16 units (LSP 3.17,
*Position*).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from analysis.errors import AnalysisError

_LINE_END = re.compile(r"\r\n|\r|\n")


class LineIndex:
    """The lines of one text. Offsets and columns are 0-based code points; immutable.

    A text always has at least one line, and one more line than it has line ends.
    """

    __slots__ = ("_length", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._length = len(text)
        if "\r" in text:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        else:
            lengths = map(len, text.split("\n"))
            self._starts = list(accumulate(lengths, lambda a, b: a + b + 1, initial=0))[:-1]

    def __len__(self) -> int:
        return len(self._starts)

    def start(self, line: int) -> int:
        """The offset at which ``line`` begins; clamped to the first line and the end."""
        if line < 0:
            return 0
        return self._starts[line] if line < len(self._starts) else self._length

    def end(self, line: int) -> int:
        """The offset behind the last character of ``line``, before its line end."""
        stop = self.start(line + 1)
        if line + 1 >= len(self._starts):
            return self._length
        if self._text.startswith("\r\n", stop - 2) and stop - 2 >= self.start(line):
            return stop - 2
        return stop - 1

    def line(self, line: int) -> str:
        """The text of ``line`` without its line end; ``""`` past the end."""
        return self._text[self.start(line) : self.end(line)]

    def line_of(self, offset: int) -> int:
        """The line that holds ``offset``; offsets outside the text are clamped."""
        return bisect_right(self._starts, min(max(offset, 0), self._length)) - 1

    def position(self, offset: int) -> tuple[int, int]:
        """``(line, column)`` of ``offset``; an offset inside ``\\r\\n`` is at the line's end."""
        offset = min(max(offset, 0), self._length)
        line = self.line_of(offset)
        return line, min(offset, self.end(line)) - self._starts[line]

    def offset(self, line: int, column: int) -> int:
        """The offset of ``(line, column)``, clamped as LSP says.

        A column past the end of the line is its end; a line past the end is the end of the text.
        """
        if line < 0:
            return 0
        if line >= len(self._starts):
            return self._length
        return min(self._starts[line] + max(column, 0), self.end(line))


class TextError(AnalysisError):
    """A position, an edit or a file's bytes make no sense as text."""


class Encoding(StrEnum):
    """The unit of a column; values are LSP's ``PositionEncodingKind``. UTF-32 is code points."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A 0-based line and a 0-based column in units of some :class:`Encoding`."""

    line: int
    column: int


def units(text: str, encoding: Encoding) -> int:
    """How many units ``text`` takes. Lone surrogates count as their UTF-8 or UTF-16 form would."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(line: str, column: int, encoding: Encoding) -> int:
    """How many code points of ``line`` lie before ``column`` units.

    A column inside a character is taken as its beginning, one past the end as the end.
    """
    if column <= 0:
        return 0
    if encoding is Encoding.UTF32 or line.isascii():
        return min(column, len(line))
    taken = 0
    for index, char in enumerate(line):
        taken += units(char, encoding)
        if taken > column:
            return index
    return len(line)


def position_at(
    text: str, lines: LineIndex, offset: int, encoding: Encoding = Encoding.UTF32
) -> Position:
    """The position of ``offset`` (code points, clamped) in units of ``encoding``."""
    line, column = lines.position(offset)
    start = lines.start(line)
    return Position(line, units(text[start : start + column], encoding))


def offset_at(
    text: str, lines: LineIndex, position: Position, encoding: Encoding = Encoding.UTF32
) -> int:
    """The offset of ``position``, clamped as LSP says.

    Raises :class:`TextError` for a negative line or column, which LSP has no meaning for.
    """
    if position.line < 0 or position.column < 0:
        raise TextError("a position cannot be negative", where=f"{position.line}:{position.column}")
    if position.line >= len(lines):
        return len(text)
    start = lines.start(position.line)
    return start + code_points(text[start : lines.end(position.line)], position.column, encoding)


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace what lies between two positions by ``text``; without positions, the whole text."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)
class Document:
    """One version of one open file. ``path`` is absolute, or ``""`` for an unsaved buffer."""

    text: str
    path: str = ""
    uri: str = ""
    version: int = 0

    @cached_property
    def lines(self) -> LineIndex:
        """The line index, built when first asked for."""
        return LineIndex(self.text)

    def position(self, offset: int, encoding: Encoding = Encoding.UTF32) -> Position:
        """The position of ``offset``, clamped to the text."""
        return position_at(self.text, self.lines, offset, encoding)

    def offset(self, position: Position, encoding: Encoding = Encoding.UTF32) -> int:
        """The offset of ``position``, clamped as LSP says; :class:`TextError` if negative."""
        return offset_at(self.text, self.lines, position, encoding)

    def apply(
        self,
        edits: Sequence[TextEdit],
        encoding: Encoding = Encoding.UTF16,
        version: int | None = None,
    ) -> Document:
        """The document after ``edits``, each seeing the text the one before it left (LSP).

        ``version`` defaults to the next number. Positions past a line or past the end are clamped;
        a negative one, or an end before its start, raises :class:`TextError` and changes nothing.
        """
        document = self
        for edit in edits:
            document = replace(document, text=document._edited(edit, encoding))
        return replace(document, version=self.version + 1 if version is None else version)

    def _edited(self, edit: TextEdit, encoding: Encoding) -> str:
        if edit.start is None or edit.end is None:
            return edit.text
        start = self.offset(edit.start, encoding)
        end = self.offset(edit.end, encoding)
        if end < start:
            raise TextError(
                "an edit ends before it starts",
                where=f"{self.path or self.uri}:{edit.start.line}:{edit.start.column}",
            )
        return self.text[:start] + edit.text + self.text[end:]
