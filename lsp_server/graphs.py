"""Questions to the code graph, with a progress bar where reading the project takes long."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lsprotocol import types

from analysis.symbols import Symbol
from analysis.text import Document
from engine.client import RequestFailedError
from engine.features.files_changed import FilesChanged
from engine.features.graph import GraphAnswer, GraphQuestion, GraphRequest
from engine.request import Progress
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.positions import offset_of
from lsp_server.progress import ProgressReport, progress
from lsp_server.server import Server
from lsp_server.session import View

#: Seconds after which a bar is shown: the first question in a large project reads all its files.
_SHOWN_AFTER = 1.0


async def ask_at(
    server: Server, view: View, position: types.Position, question: GraphQuestion
) -> GraphAnswer:
    """What the graph says of the name at ``position``; nothing of a document without a file."""
    document = view.document
    line, character = document.lines.position(offset_of(document, position, view.encoding))
    return await ask_about(server, document.path, line, character, question)


async def ask_about(
    server: Server, path: str, line: int, character: int, question: GraphQuestion
) -> GraphAnswer:
    """The same of a place in code points."""
    if not path:
        return GraphAnswer()
    session = server.session
    workspace = await session.workspaces.of(Document("", path), session.settings)
    return await ask(
        server,
        GraphRequest(
            workspace, question, path, line, character, buffers=session.documents.buffers()
        ),
    )


async def ask(server: Server, request: GraphRequest) -> GraphAnswer:
    """The engine's answer, with a progress bar when it takes long."""
    bars: list[ProgressReport] = []

    def show(news: Progress) -> None:
        for bar in bars:
            bar.show(news)

    submission = server.session.submit(request, show)
    waiting = asyncio.wrap_future(submission.future)
    try:
        done, _ = await asyncio.wait([waiting], timeout=_SHOWN_AFTER)
        if not done:
            title = f"Reading {Path(request.workspace.root).name}"
            async with progress(server, title, submission.cancel) as bar:
                bars.append(bar)
                await asyncio.wait([waiting])
        return await waiting
    except asyncio.CancelledError:
        waiting.cancel()
        raise


async def tell_changed(server: Server, paths: Iterable[str]) -> None:
    """Files were written or removed: graphs that hold them look at them, and at nothing else."""
    named = tuple(path for path in paths if path)
    if named and server.session.serves_language_features:
        with contextlib.suppress(RequestFailedError):  # without an engine nothing is held
            await server.session.ask(FilesChanged(named))


def mark(symbol: Symbol) -> dict[str, Any]:
    """What an item carries so that the symbol is found again."""
    line, character, *_ = symbol.name_span
    return {"path": symbol.path, "line": line, "character": character}


async def ask_marked(server: Server, data: object, question: GraphQuestion) -> GraphAnswer:
    """A question about a symbol by its :func:`mark`.

    Raises ``FeatureError`` for what is no mark.
    """
    path, line, character = (field_of(data, name) for name in ("path", "line", "character"))
    if not (isinstance(path, str) and isinstance(line, int) and isinstance(character, int)):
        raise FeatureError(INVALID_PARAMS, "not a Pilotfish item: its data is missing")
    return await ask_about(server, path, line, character, question)


def field_of(data: object, name: str) -> object:
    """A field of JSON as it came through the protocol."""
    return data.get(name) if isinstance(data, dict) else getattr(data, name, None)
