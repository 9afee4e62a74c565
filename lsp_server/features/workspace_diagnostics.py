"""``workspace/diagnostic``: findings in files that are not open, where the person wants them.

Off unless ``diagnostics.workspace`` is set: it checks every file of every open folder. A file is
checked again only when it or the world around it has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from lsprotocol import types

from analysis.snapshot import Snapshot, Workspace
from analysis.text import Document, TextError, read_file
from analysis.text.overlay import Buffer, Overlay, Reads
from engine.client import ExplainedError
from engine.features.check import CheckRequest
from engine.features.files import FilesRequest
from lsp_server.checks import hold
from lsp_server.features.diagnostics import result_id, to_diagnostics
from lsp_server.positions import path_of, uri_of
from lsp_server.server import Server

#: Files between two partial results.
_BATCH = 20

Report = (
    types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found in a file; old when the settings are, or what it was read from."""

    epoch: int
    reads: Reads
    items: list[types.Diagnostic]


class WorkspaceDiagnostics:
    """The newest findings of files that are not open."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, _Known] = {}

    async def reports(self, previous: Mapping[str, str]) -> AsyncGenerator[Report]:
        """A report for each file, ``previous`` naming the results that the client has by URI.

        A file that it has a result of and that is gone or open now is reported as empty.
        """
        session = self._server.session
        left = dict(previous)
        buffers = session.documents.buffers()
        files = Overlay(buffers, stable=True)
        for workspace in await session.workspaces.of_folders(session.settings):
            answer = await session.ask(FilesRequest(workspace.root))
            for path in answer.paths:
                uri = uri_of(path)
                if os.path.realpath(path) in session.documents.files():
                    left.pop(uri, None)  # open: the document's own pull says it
                    continue
                items = await self._find(path, workspace, buffers, files)
                if items is not None:
                    yield _report(uri, items, left.pop(uri, None))
        for uri in left:
            if os.path.realpath(path_of(uri)) not in session.documents.files():
                self._known.pop(path_of(uri), None)
                yield _report(uri, [], None)

    async def _find(
        self, path: str, workspace: Workspace, buffers: tuple[Buffer, ...], files: Overlay
    ) -> list[types.Diagnostic] | None:
        session = self._server.session
        epoch, known = session.epoch, self._known.get(path)
        if known is not None and known.epoch == epoch and await hold(known.reads, files):
            return known.items
        try:
            read = Reads(files={path: await asyncio.to_thread(files.digest, path)})
            text = (await asyncio.to_thread(read_file, path)).text
        except (OSError, TextError):
            return None
        snapshot = Snapshot(path, text, workspace, buffers=buffers)
        request = CheckRequest(snapshot, ruff=session.settings.diagnostics.ruff)
        try:
            answer = await session.ask(request)
        except ExplainedError as error:
            session.notices.note(f"diagnostics of {path}: {error}")
            return None
        items = to_diagnostics(Document(text, path), answer.findings, session.encoding)
        read.add(answer.reads)
        self._known[path] = _Known(epoch, read, items)
        return items


def _report(uri: str, items: list[types.Diagnostic], previous: str | None) -> Report:
    name = result_id(items)
    if name == previous:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, name, version=None)
    return types.WorkspaceFullDocumentDiagnosticReport(uri, items, version=None, result_id=name)


def register(server: Server) -> None:
    """Serve the request; with a token, as partial results."""
    diagnostics = WorkspaceDiagnostics(server)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(
        params: types.WorkspaceDiagnosticParams,
    ) -> types.WorkspaceDiagnosticReport:
        if not server.session.settings.diagnostics.workspace:
            return types.WorkspaceDiagnosticReport([])
        previous = {one.uri: one.value for one in params.previous_result_ids}
        token = params.partial_result_token
        found: list[Report] = []
        async with contextlib.aclosing(diagnostics.reports(previous)) as reports:
            async for report in reports:
                found.append(report)
                if token is not None and len(found) == _BATCH:
                    _send(server, token, found)
                    found = []
        if token is not None:
            _send(server, token, found)
            return types.WorkspaceDiagnosticReport([])
        return types.WorkspaceDiagnosticReport(found)


def _send(server: Server, token: types.ProgressToken, found: list[Report]) -> None:
    if found:
        value = types.WorkspaceDiagnosticReportPartialResult(found)
        server.protocol.notify(types.PROGRESS, types.ProgressParams(token, value))
