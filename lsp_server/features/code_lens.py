"""``textDocument/codeLens``: *Run and repair* over tests, *impact of this change* over definitions.

Lenses are offered by syntax alone and filled in when they come into view. What a change may reach
is the code graph's answer, of what is on disk.
"""

from __future__ import annotations

import asyncio

from lsprotocol import types

from engine.messages import GraphQuestion
from lsp_server.capabilities import COMMAND_REPAIR
from lsp_server.features.repair import Order
from lsp_server.graphs import ask_marked, field_of
from lsp_server.outline import Definition, outline
from lsp_server.positions import range_of
from lsp_server.server import Server
from lsp_server.session import View
from lsp_server.testcases import case_at, command_for, targets
from lsp_server.uris import uri_of

_KINDS = ("class", "function", "method")


def lenses(server: Server, view: View) -> list[types.CodeLens]:
    """Every lens of the document, to be resolved."""
    found = []
    for top in outline(server.session.tree(view.document)):
        for definition in top.walk():
            if definition.kind in _KINDS:
                found.append(_lens(server, view, definition))
    return found


def _lens(server: Server, view: View, definition: Definition) -> types.CodeLens:
    document = view.document
    start, end = definition.name_span
    line, character = document.lines.position(start)
    case = case_at(server.session.tree(document), start)
    data = {
        "uri": document.uri,
        "path": document.path,
        "line": line,
        "character": character,
        "test": definition.kind != "class" and case is not None and case.line == line,
    }
    return types.CodeLens(range_of(document, start, end, view.encoding), data=data)


async def repair_lens(server: Server, view: View, line: int) -> types.Command | None:
    """*Run and repair* for the test that begins on ``line``."""
    document, session = view.document, server.session
    tree = session.tree(document)
    case = case_at(tree, document.lines.start(line))
    if case is None or not document.path:
        return None
    root = await session.workspaces.root_of(document)
    paths = await asyncio.to_thread(targets, tree, case, document.path, root)
    if not paths:
        return None
    uri = document.uri if paths[0] == document.path else uri_of(paths[0])
    order = Order(uri, command_for(document.path, root, case))
    return types.Command("Run and repair", COMMAND_REPAIR, arguments=[order.to_json()])


async def impact_lens(server: Server, data: object) -> types.Command:
    """How many callers a definition has, and how many tests a change of it may reach."""
    answer = await ask_marked(server, data, GraphQuestion.IMPACT)
    callers = len({(link.path, link.span) for link in answer.links})
    doubtful = any(link.how == "by name" for link in answer.links)
    calls = f"{'about ' if doubtful else ''}{callers} call{'' if callers == 1 else 's'}"
    tests = f"{answer.tests} test{'' if answer.tests == 1 else 's'}"
    # No command of the server: the title is the answer.
    return types.Command(f"{calls} · {tests}", "")


def register(server: Server) -> None:
    """Serve the requests."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=True))
    def text_document_code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        session = server.session
        view = session.view(params.text_document.uri)
        return lenses(server, view) if session.settings.code_lens.enabled else []

    @server.feature(types.CODE_LENS_RESOLVE)
    async def resolve(lens: types.CodeLens) -> types.CodeLens:
        uri, line = field_of(lens.data, "uri"), field_of(lens.data, "line")
        command = None
        if field_of(lens.data, "test") and isinstance(uri, str) and isinstance(line, int):
            command = await repair_lens(server, server.session.view(uri), line)
        lens.command = command or await impact_lens(server, lens.data)
        return lens
