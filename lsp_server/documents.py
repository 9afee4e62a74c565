"""The documents that are open, as immutable versions.

The only live thing is the table from URI to the newest version; whatever is handed out never
changes. Texts, lines and positions are ``analysis.text``'s.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lsprotocol import types

from analysis.text import Document, Encoding, Position, TextEdit
from analysis.text.overlay import Buffer, Content
from lsp_server.failures import not_open
from lsp_server.positions import path_of, uri_of


@dataclass(frozen=True, slots=True)
class Open:
    """An open document: its newest version, and when it changed (the event loop's seconds).

    ``buffer`` is its content as other files see it; ``None`` where none can import it. ``file`` is
    the file behind the URI, however that is spelled: links followed; ``""`` where there is none.
    """

    document: Document
    language: str
    changed_at: float
    buffer: Buffer | None
    file: str


class Documents:
    """The store. ``encoding`` is how the client counts columns."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._open: dict[str, Open] = {}

    def open(self, item: types.TextDocumentItem, now: float) -> Document:
        """Take over a document; one that was open already is replaced."""
        document = Document(item.text, path_of(item.uri), item.uri, item.version)
        file = os.path.realpath(document.path) if document.path else ""
        self._open[item.uri] = Open(document, item.language_id, now, _buffer(document), file)
        return document

    def change(
        self,
        uri: str,
        version: int,
        changes: Iterable[types.TextDocumentContentChangeEvent],
        now: float,
    ) -> Document:
        """Apply edits, each to what the one before it left.

        Raises ``FeatureError`` if the document is not open, and
        :class:`~analysis.text.TextError` for an edit that makes no sense; then the document is
        dropped, since what the client shows is no longer known.
        """
        before = self.entry(uri)
        try:
            document = before.document.apply([_edit(c) for c in changes], self.encoding, version)
        except Exception:
            del self._open[uri]
            raise
        self._open[uri] = replace(
            before, document=document, changed_at=now, buffer=_buffer(document)
        )
        return document

    def close(self, uri: str) -> bool:
        """Forget a document; whether it was open."""
        return self._open.pop(uri, None) is not None

    def entry(self, uri: str) -> Open:
        """The open document. Raises ``FeatureError`` if there is none."""
        entry = self._open.get(uri)
        if entry is None:
            raise not_open(uri)
        return entry

    def get(self, uri: str) -> Document | None:
        """The newest version, or ``None`` if the document is not open."""
        entry = self._open.get(uri)
        return entry.document if entry else None

    def is_current(self, document: Document) -> bool:
        """Whether ``document`` is still the newest version of an open one."""
        return self.get(document.uri) is document

    def files(self) -> frozenset[str]:
        """The files that are open, links followed."""
        return frozenset(entry.file for entry in self._open.values() if entry.file)

    def uris(self) -> tuple[str, ...]:
        """Every open document."""
        return tuple(self._open)

    def uri_of(self, path: str) -> str:
        """The URI under which the file ``path`` is open, as the client spells it, or its own."""
        for uri, entry in self._open.items():
            if path in (entry.document.path, entry.file):
                return uri
        return uri_of(path)

    def buffers(self, but: str = "") -> tuple[Buffer, ...]:
        """The contents of open files, except that of the URI ``but``: they stand over the disk.

        A file that is open under several spellings of its URI is one: as it was changed last.
        """
        own = self._open[but].file if but in self._open else ""
        newest: dict[str, Open] = {}
        for entry in sorted(self._open.values(), key=lambda entry: entry.changed_at):
            if entry.buffer is not None and entry.file != own:
                newest[entry.file] = entry
        return tuple(entry.buffer for entry in newest.values() if entry.buffer is not None)


def _buffer(document: Document) -> Buffer | None:
    # Others read nothing else: ruff, pytest and uv see their configuration as it was saved.
    if not document.path.endswith((".py", ".pyi")):
        return None
    return Buffer(document.path, Content(document.text))


def _edit(change: types.TextDocumentContentChangeEvent) -> TextEdit:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return TextEdit(
            change.text,
            Position(start.line, start.character),
            Position(end.line, end.character),
        )
    return TextEdit(change.text)
