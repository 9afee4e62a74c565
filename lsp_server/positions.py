"""Positions between the client's encoding and the code points that everything below counts."""

from __future__ import annotations

import re

from lsprotocol import types

from analysis.text import Document, Encoding, Position

_WORD = re.compile(r"[^\W\d]\w*")


def offset_of(document: Document, position: types.Position, encoding: Encoding) -> int:
    """The code point offset of a client's position, clamped as the protocol says."""
    return document.offset(Position(position.line, position.character), encoding)


def position_of(document: Document, offset: int, encoding: Encoding) -> types.Position:
    """The client's position of a code point offset."""
    position = document.position(offset, encoding)
    return types.Position(position.line, position.column)


def range_of(document: Document, start: int, end: int, encoding: Encoding) -> types.Range:
    """The client's range of two code point offsets."""
    return types.Range(position_of(document, start, encoding), position_of(document, end, encoding))


def range_of_span(
    document: Document,
    line: int,
    character: int,
    end_line: int,
    end_character: int,
    encoding: Encoding,
) -> types.Range:
    """The client's range of 0-based lines and code points, as findings and edits carry them."""
    return range_of(
        document,
        document.lines.offset(line, character),
        document.lines.offset(end_line, end_character),
        encoding,
    )


def word_at(document: Document, offset: int) -> tuple[int, int] | None:
    """The identifier that holds ``offset`` or ends there, as code points; ``None`` for none."""
    line = document.lines.line_of(offset)
    start = document.lines.start(line)
    for match in _WORD.finditer(document.lines.line(line)):
        if match.start() + start <= offset <= match.end() + start:
            return match.start() + start, match.end() + start
    return None
