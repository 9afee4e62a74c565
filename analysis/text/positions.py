"""How columns are counted: code points, UTF-8 bytes or UTF-16 units (LSP 3.17, *Position*)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.errors import AnalysisError
from analysis.text.lines import LineIndex


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
