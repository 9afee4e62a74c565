"""``textDocument/documentHighlight``: where else the file reads, writes or calls what is under the
cursor. Local variables are found in the text of the document, other names by the code graph."""

from __future__ import annotations

from lsprotocol import types

from engine.features.graph import GraphQuestion
from engine.features.local import LocalRequest
from lsp_server.graphs import ask_at
from lsp_server.places import AnswerPlaces
from lsp_server.positions import offset_of, range_of
from lsp_server.server import Server
from lsp_server.session import View

_WRITING = frozenset({"write", "import"})


async def highlights(
    server: Server, view: View, position: types.Position
) -> list[types.DocumentHighlight] | None:
    """The places of the file, the definition among them; ``None`` where nothing is known, so that
    the client marks equal words as it likes."""
    document = view.document
    line, character = document.lines.position(offset_of(document, position, view.encoding))
    local = await server.session.ask(LocalRequest(document.text, line, character))
    if local.places:
        return [
            types.DocumentHighlight(
                range_of(
                    document,
                    document.lines.offset(start, at),
                    document.lines.offset(end, to),
                    view.encoding,
                ),
                _kind(writes),
            )
            for start, at, end, to, writes in local.places
        ]
    answer = await ask_at(server, view, position, GraphQuestion.REFERENCES)
    symbol, path = answer.symbol, view.document.path
    if symbol is None:
        return None
    spans = [(link.span, link.kind) for link in answer.links if link.path == path]
    if symbol.path == path:
        spans.insert(0, (symbol.name_span, "write"))
    places = AnswerPlaces(server.session)
    found: list[types.DocumentHighlight] = []
    for span, kind in spans:
        where = await places.range(path, span, symbol.name)
        if where is not None and all(one.range != where for one in found):
            found.append(types.DocumentHighlight(where, _kind(kind in _WRITING)))
    return found or None


def _kind(writes: bool) -> types.DocumentHighlightKind:
    return types.DocumentHighlightKind.Write if writes else types.DocumentHighlightKind.Read


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def document_highlight(
        params: types.DocumentHighlightParams,
    ) -> list[types.DocumentHighlight] | None:
        view = server.session.view(params.text_document.uri)
        if not server.session.serves_language_features:
            return None
        return await highlights(server, view, params.position)
