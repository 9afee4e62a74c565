"""Places of the workspace as a client counts them, whether their file is open or not.

Answers of the code graph are in code points, of the texts as they were when it was asked. A place
in a document whose text is another by now is left out rather than shown wrong.
"""

from __future__ import annotations

import asyncio

from lsprotocol import types

from analysis.symbols import Link, Symbol
from analysis.text import Document, TextError, read_file
from lsp_server.positions import path_of, range_of, uri_of
from lsp_server.session import Session

#: 0-based lines and code points: start line, start character, end line, end character.
Span = tuple[int, int, int, int]

_KINDS = {
    "MODULE": types.SymbolKind.Module,
    "CLASS": types.SymbolKind.Class,
    "FUNCTION": types.SymbolKind.Function,
    "METHOD": types.SymbolKind.Method,
    "FIELD": types.SymbolKind.Field,
    "GLOBAL_VARIABLE": types.SymbolKind.Variable,
}


def kind_of(symbol: Symbol) -> types.SymbolKind:
    """The protocol's kind of a symbol."""
    return _KINDS.get(symbol.kind, types.SymbolKind.Object)


class AnswerPlaces:
    """Places of one answer: each file is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open = {path_of(uri): uri for uri in session.documents.uris()}
        self._documents: dict[str, Document | None] = {}

    async def document(self, path: str) -> Document | None:
        """The open document of ``path``, else the file; ``None`` if it cannot be read."""
        uri = self._open.get(path)
        if uri is not None:
            return self._session.documents.get(uri)
        if path not in self._documents:
            try:
                text = (await asyncio.to_thread(read_file, path)).text
                self._documents[path] = Document(text, path, uri_of(path))
            except (OSError, TextError):
                self._documents[path] = None
        return self._documents[path]

    async def range(self, path: str, span: Span, name: str = "") -> types.Range | None:
        """The client's range of ``span``, narrowed to ``name`` where it ends with it; ``None``
        where the file has no such place, or none with the name any more."""
        document = await self.document(path) if path else None
        if document is None or span[2] >= len(document.lines):
            return None
        start = document.lines.offset(span[0], span[1])
        end = document.lines.offset(span[2], span[3])
        text = document.text[start:end]
        if name and text.endswith(name):
            start = end - len(name)
        elif name and name not in text:
            return None
        return range_of(document, start, end, self._session.encoding)

    async def location(self, link: Link, name: str) -> types.Location | None:
        """Where the use of ``name`` stands that ``link`` is about."""
        found = await self.range(link.path, link.span, name)
        return types.Location(uri_of(link.path), found) if found else None
