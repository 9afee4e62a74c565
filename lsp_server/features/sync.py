"""Document sync: ``didOpen``, ``didChange``, ``didSave``, ``didClose``."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from analysis.text import TextError
from lsp_server.failures import FeatureError
from lsp_server.graphs import tell_changed
from lsp_server.server import Server


def register(server: Server) -> None:
    """Keep the documents."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        session = server.session
        now = asyncio.get_running_loop().time()
        document = session.documents.open(params.text_document, now)
        server.document_changed(document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        session = server.session
        item = params.text_document
        now = asyncio.get_running_loop().time()
        try:
            session.documents.change(item.uri, item.version, params.content_changes, now)
        except FeatureError:
            return  # an edit of a document that was never opened: there is nothing to edit
        except TextError as error:
            server.document_closed(item.uri)
            session.notices.say(
                types.MessageType.Error,
                f"Pilotfish lost track of {item.uri}: {error.what}. Close and open it again.",
            )
            return
        server.document_changed(item.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        documents = server.session.documents
        if (document := documents.get(params.text_document.uri)) is not None:
            server.session.spawn(tell_changed(server, [document.path]))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        if server.session.documents.close(params.text_document.uri):
            server.document_closed(params.text_document.uri)
