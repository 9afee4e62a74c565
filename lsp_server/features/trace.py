"""``pilotfish/trace``: what a file does block by block while a test fails, for an editor to show.

Runs for seconds with a progress bar; cancelling the bar gives what was seen so far, cancelling the
request ends it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from engine.client import ExplainedError, Submission
from engine.messages import Snapshot, TraceAnswer, TraceRequest
from lsp_server.capabilities import METHOD_TRACE
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.features.repair import UNTRUSTED, document_of
from lsp_server.progress import progress
from lsp_server.server import Server
from lsp_server.uris import path_of


async def trace(server: Server, uri: str, test: str, token: Any) -> dict[str, Any]:
    """The report on the document ``uri`` for the command ``test``, as docs/debug.md describes it.

    Raises :class:`~engine.client.ExplainedError` where the workspace is not trusted.
    """
    session = server.session
    document = await document_of(server, uri)
    workspace = await session.workspaces.of(document, session.settings)
    if not workspace.trusted:
        raise ExplainedError(UNTRUSTED, where=workspace.root)
    unsaved = session.documents.unsaved(but=uri)
    snapshot = Snapshot(document.path, document.text, workspace, document.version, unsaved)
    submitted: list[Submission[TraceAnswer]] = []

    def stop() -> None:
        for submission in submitted:
            submission.cancel()

    title = f"Debugging {Path(document.path).name}"
    async with progress(server, title, stop, token) as report:
        submission = session.submit(TraceRequest(snapshot, test=test), report.show)
        submitted.append(submission)
        answer = await asyncio.wrap_future(submission.future)
    return {**answer.document, "version": document.version}


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(METHOD_TRACE)
    async def pilotfish_trace(params: Any) -> dict[str, Any]:
        uri, test = getattr(params, "uri", None), getattr(params, "test", "")
        if not isinstance(uri, str) or not path_of(uri) or not isinstance(test, str):
            raise FeatureError(
                INVALID_PARAMS, f"{METHOD_TRACE} takes the uri of a file and a test command"
            )
        token = getattr(params, "workDoneToken", None)
        work = trace(server, uri, test, token)
        return await server.session.latest(METHOD_TRACE, uri, work)
