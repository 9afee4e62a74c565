"""``textDocument/codeLens``: *Run and repair* and *Debug* over tests and functions with examples,
*impact of this change* over definitions.

Lenses are offered by syntax alone and filled in when they come into view. What a change may reach
is the code graph's answer, of what is on disk.
"""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from analysis.program.outline import OutlineEntry, outline
from engine.features.graph import GraphQuestion
from lsp_server.capabilities import COMMAND_DEBUG, COMMAND_REPAIR
from lsp_server.failures import INVALID_PARAMS, FeatureError, superseded
from lsp_server.features.repair import offers
from lsp_server.graphs import ask_marked, field_of
from lsp_server.positions import range_of
from lsp_server.server import Server
from lsp_server.session import View
from lsp_server.testcases import case_at, examples_at

_KINDS = ("class", "function", "method")


#: What a lens over a test or an example runs.
_RUNS = {COMMAND_REPAIR: "Run and repair", COMMAND_DEBUG: "Debug"}


def lenses(server: Server, view: View) -> list[types.CodeLens]:
    """Every lens of the document, to be resolved; none of one that is no file."""
    if not view.document.path:
        return []
    return [
        lens
        for top in outline(server.session.tree(view.document))
        for definition in top.walk()
        if definition.kind in _KINDS
        for lens in _over(server, view, definition)
    ]


def _over(server: Server, view: View, definition: OutlineEntry) -> Iterator[types.CodeLens]:
    document, tree = view.document, server.session.tree(view.document)
    start, end = definition.name_span
    line, character = document.lines.position(start)
    place = {"uri": document.uri, "version": document.version, "path": document.path}
    place |= {"line": line, "character": character}
    # The cases of inner functions are those of the function around them.
    case = None if definition.kind == "class" else case_at(tree, start)
    examples = None if definition.kind == "class" else examples_at(tree, start)
    is_test = case is not None and case.line == line
    runs = [*_RUNS] if is_test or (examples is not None and examples.line == line) else []
    for command in runs if is_test else [*runs, ""]:
        span = range_of(document, start, end, view.encoding)
        yield types.CodeLens(span, data={**place, "command": command})


async def run_lens(server: Server, view: View, line: int, command: str) -> types.Command | None:
    """A command for the test that begins on ``line``, or the function whose examples it runs."""
    found = await offers(server, view, view.document.lines.start(line))
    order = next((order for _, name, order in found if name == command), None)
    if order is None:
        return None
    return types.Command(_RUNS[command], command, arguments=[order.to_json()])


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
        runs, version = field_of(lens.data, "command"), field_of(lens.data, "version")
        document = server.session.documents.get(uri) if isinstance(uri, str) else None
        if document is not None and document.version != version:
            # Its line may be another function's by now; the client asks for lenses anew.
            raise superseded("the document has changed")
        if runs in _RUNS and isinstance(runs, str) and isinstance(uri, str):
            if not isinstance(line, int):
                raise FeatureError(INVALID_PARAMS, "not a Pilotfish lens: its line is missing")
            lens.command = await run_lens(server, server.session.view(uri), line, runs)
        else:
            lens.command = await impact_lens(server, lens.data)
        return lens

    def outdated() -> None:
        # Trust, settings and files decide what a lens says, and an editor asks only once.
        if server.session.client.refresh_lenses:
            server.refresh_lenses()

    server.on_outdated(outdated)
