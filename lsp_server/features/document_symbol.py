"""``textDocument/documentSymbol``: the definitions of a file, nested, by syntax alone."""

from __future__ import annotations

from lsprotocol import types

from analysis.program.outline import OutlineEntry, outline
from lsp_server.positions import range_of
from lsp_server.server import Server
from lsp_server.session import View

_KINDS = {
    "class": types.SymbolKind.Class,
    "function": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "constant": types.SymbolKind.Constant,
    "variable": types.SymbolKind.Variable,
    "field": types.SymbolKind.Field,
}


def symbol(view: View, definition: OutlineEntry) -> types.DocumentSymbol:
    """A definition as the protocol shows it, with what it contains."""
    return types.DocumentSymbol(
        name=definition.name,
        kind=_KINDS[definition.kind],
        range=range_of(view.document, *definition.span, view.encoding),
        selection_range=range_of(view.document, *definition.name_span, view.encoding),
        children=[symbol(view, child) for child in definition.children],
    )


def flat(view: View, definitions: tuple[OutlineEntry, ...]) -> list[types.SymbolInformation]:
    """The same for clients that know no nesting."""
    found = []
    for top in definitions:
        for one in top.walk():
            where = range_of(view.document, *one.span, view.encoding)
            location = types.Location(view.document.uri, where)
            found.append(types.SymbolInformation(location, one.name, _KINDS[one.kind]))
    return found


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def document_symbol(
        params: types.DocumentSymbolParams,
    ) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
        view = server.session.view(params.text_document.uri)
        definitions = outline(server.session.tree(view.document))
        if not server.session.client.nested_symbols:
            return flat(view, definitions)
        return [symbol(view, definition) for definition in definitions]
