"""A Python file as bytes and text, and edits of it that leave every other byte alone."""

from __future__ import annotations

import ast
import bisect
import codecs
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from repair.errors import RepairError


@dataclass(frozen=True, slots=True)
class OffsetEdit:
    """Replace ``text[start:end]`` (code points) by ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Source:
    """One file: its text with line ends as they are, without a byte order mark.

    Positions of ``ast`` (line, UTF-8 byte column) are turned into offsets of ``text``.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False

    def encode(self, text: str) -> bytes:
        """``text`` as bytes of this file's encoding, with its byte order mark.

        Raises :class:`~repair.errors.RepairError` when the encoding cannot say it.
        """
        try:
            data = text.encode(self.encoding)
        except UnicodeEncodeError:
            raise RepairError(f"cannot be encoded as {self.encoding}") from None
        return codecs.BOM_UTF8 + data if self.bom else data

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first code point of each line; only LF, CRLF and CR end one."""
        starts = [0]
        text = self.text
        position = 0
        while position < len(text):
            character = text[position]
            position += 1
            if character == "\r" and text[position : position + 1] == "\n":
                position += 1
            if character in "\r\n":
                starts.append(position)
        return starts

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, or ``None`` where the file does not parse."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
            return None

    @cached_property
    def problem(self) -> str:
        """Why the file does not parse, and where; ``""`` where it does."""
        try:
            ast.parse(self.text)
        except SyntaxError as error:
            return f"line {error.lineno}: {error.msg}"
        except (ValueError, RecursionError, MemoryError, SystemError) as error:
            return str(error) or type(error).__name__
        return ""

    def line(self, number: int) -> str:
        """The text of a line (1-based) with its end."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end]

    def line_of(self, offset: int) -> int:
        """The line (1-based) that ``offset`` is in."""
        return bisect.bisect_right(self.line_starts, offset)

    def offset(self, line: int, column: int) -> int:
        """The offset of an ``ast`` position: 1-based line, 0-based UTF-8 byte column."""
        start = self.line_starts[line - 1]
        text = self.line(line)
        if text.isascii():
            return start + column
        return start + len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> tuple[int, int]:
        """Where ``node`` stands: offsets of its first code point and behind its last."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def segment(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The source text of ``node``."""
        start, end = self.span(node)
        return self.text[start:end]

    def newline(self) -> str:
        """How lines end here."""
        first = self.line(1)
        return "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"

    def indentation(self, line: int) -> str:
        """The white space a line begins with."""
        text = self.line(line)
        return text[: len(text) - len(text.lstrip(" \t\f"))]

    def apply(self, edits: Iterable[OffsetEdit]) -> str:
        """The text after ``edits``, which must not overlap."""
        text = self.text
        for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
            text = text[: edit.start] + edit.new + text[edit.end :]
        return text


def read_source(path: str, data: bytes) -> Source:
    """The file ``path`` with the bytes ``data``, decoded as Python decodes it (PEP 263).

    Raises :class:`~repair.errors.RepairError` where Python could not.
    """
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        text = data[len(codecs.BOM_UTF8) * bom :].decode(encoding)
        text.encode()  # Some encodings can say half of a surrogate pair, which Python refuses.
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise RepairError(
            f"this is not text in the encoding that it declares: {error}",
            where=path,
            help="save it as UTF-8",
        ) from None
    return Source(path, text, encoding, bom)
