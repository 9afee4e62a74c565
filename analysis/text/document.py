"""A document: an immutable text with a version. An edit makes a new document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analysis.text.lines import LineIndex
from analysis.text.positions import Encoding, Position, TextError, offset_at, position_at


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
