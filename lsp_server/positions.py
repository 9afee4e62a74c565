"""The client's URIs and positions, and the paths and code points that everything below counts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

from lsprotocol import types

from analysis.text import Document, Encoding, Position


def path_of(uri: str) -> str:
    """The absolute path of a ``file:`` URI; ``""`` for any other (``untitled:`` and the like).

    Names are bytes: what is not UTF-8 comes through as the file system has it.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return ""
    if os.name == "nt":
        return url2pathname(parts.path)
    path = os.fsdecode(unquote_to_bytes(parts.path))
    return path if path.startswith("/") and "\0" not in path else ""


def uri_of(path: str) -> str:
    """The ``file:`` URI of an absolute path."""
    return Path(path).as_uri()


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
