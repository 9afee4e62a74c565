"""``textDocument/references`` and ``workspace/symbol``, from the code graph.

Open files count as they are in the editor, others as they are on disk.
"""

from __future__ import annotations

from lsprotocol import types

from analysis.symbols import Link
from engine.features.graph import GraphQuestion, GraphRequest
from lsp_server.graphs import ask, ask_at
from lsp_server.places import AnswerPlaces, kind_of
from lsp_server.positions import uri_of
from lsp_server.server import Server
from lsp_server.session import View


async def references(
    server: Server, view: View, position: types.Position, declaration: bool
) -> list[types.Location]:
    """Where the symbol at ``position`` is used, and its definition if asked for."""
    answer = await ask_at(server, view, position, GraphQuestion.REFERENCES)
    symbol = answer.symbol
    if symbol is None:
        return []
    links = list(answer.links)
    if declaration and symbol.path:
        links.insert(0, Link(symbol, "", "exact", symbol.path, symbol.name_span))
    places = AnswerPlaces(server.session)
    found = [await places.location(link, symbol.name) for link in links]
    shown: list[types.Location] = []
    for location in found:
        # ``import a, a`` and the like name one place twice.
        if location is not None and location not in shown[-2:]:
            shown.append(location)
    return shown


async def workspace_symbols(server: Server, query: str) -> list[types.WorkspaceSymbol]:
    """Symbols of every open folder whose names hold ``query``."""
    session = server.session
    places = AnswerPlaces(session)
    found: dict[tuple[object, ...], types.WorkspaceSymbol] = {}
    for workspace in await session.workspaces.of_folders(session.settings):
        request = GraphRequest(
            workspace,
            GraphQuestion.SYMBOLS,
            query=query,
            buffers=session.documents.buffers(),
        )
        for link in (await ask(server, request)).links:
            symbol = link.symbol
            where = await places.range(symbol.path, symbol.name_span, symbol.name)
            if where is not None:
                container, _, _ = symbol.qualified_name.rpartition(".")
                found.setdefault(
                    (symbol.path, symbol.name_span),
                    types.WorkspaceSymbol(
                        types.Location(uri_of(symbol.path), where),
                        name=symbol.name,
                        kind=kind_of(symbol),
                        container_name=container or None,
                    ),
                )
    return list(found.values())


def register(server: Server) -> None:
    """Serve the requests."""

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def text_document_references(params: types.ReferenceParams) -> list[types.Location]:
        view = server.session.view(params.text_document.uri)
        if not server.session.serves_language_features:
            return []
        declaration = params.context.include_declaration
        return await references(server, view, params.position, declaration)

    @server.feature(types.WORKSPACE_SYMBOL)
    async def workspace_symbol(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        if not server.session.serves_language_features:
            return []
        return await workspace_symbols(server, params.query)
