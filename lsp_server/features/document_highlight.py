"""``textDocument/documentHighlight``: where else the file reads, writes or calls what is under the
cursor. Local variables are found in the text of the document, other names by the code graph."""

from __future__ import annotations

from lsprotocol import types

from analysis.program.occurrences import local_occurrences
from engine.features.graph import GraphQuestion
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
    offset = offset_of(document, position, view.encoding)
    local = local_occurrences(server.session.tree(document), offset)
    if local:
        return [
            types.DocumentHighlight(
                range_of(document, each.start, each.end, view.encoding), _kind(each.writes)
            )
            for each in local
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
