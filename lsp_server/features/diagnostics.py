"""Diagnostics: pulled by clients that can (``textDocument/diagnostic``), pushed to others.

What is shown is what the engine found in the newest version, once the document rests. An answer
that was overtaken by an edit is not delivered: it would mark the wrong places. In a document that
was just opened ruff's findings do not wait for ours, which come as they are found.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
from collections.abc import Sequence

from lsprotocol import types

from analysis.findings import Finding, Severity
from analysis.text import Document, Encoding
from engine.client import RequestFailedError
from lsp_server.failures import CONTENT_MODIFIED, SERVER_CANCELLED, FeatureError
from lsp_server.positions import range_of_span
from lsp_server.server import Server
from lsp_server.session import View

FEATURE = types.TEXT_DOCUMENT_DIAGNOSTIC

#: How long a first pull waits for everything: analysis that begins takes seconds, a person who
#: has opened a file looks at it at once (2 s is what ruff's findings may take).
FIRST_AFTER_S = 1.0

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


def to_diagnostic(document: Document, finding: Finding, encoding: Encoding) -> types.Diagnostic:
    """One finding as the client shows it."""
    return types.Diagnostic(
        range=range_of_span(
            document,
            finding.line,
            finding.character,
            finding.end_line,
            finding.end_character,
            encoding,
        ),
        message=finding.message,
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source=finding.source,
    )


def to_diagnostics(
    document: Document, findings: Sequence[Finding], encoding: Encoding
) -> list[types.Diagnostic]:
    """Findings as the client shows them, in the same order."""
    return [to_diagnostic(document, finding, encoding) for finding in findings]


def result_id(diagnostics: Sequence[types.Diagnostic]) -> str:
    """A name for exactly these diagnostics: equal ones have equal names."""
    return hashlib.sha256(repr(diagnostics).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def report(
    diagnostics: list[types.Diagnostic], previous: str | None
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """The answer to a pull whose client has the result named ``previous``."""
    name = result_id(diagnostics)
    if name == previous:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=name)
    return types.RelatedFullDocumentDiagnosticReport(items=diagnostics, result_id=name)


async def find(server: Server, view: View) -> list[types.Diagnostic]:
    """The diagnostics of ``view``, once it rests. Where the client can be asked to pull again it
    is, if these are only the first."""
    options, client = view.settings.diagnostics, server.session.client
    if not options.enabled:
        return []
    await server.session.rest(view, options.debounce_ms)
    patience = FIRST_AFTER_S if client.refresh_diagnostics else math.inf
    found = await server.checks.early(view, patience)
    if not found.complete:
        server.session.spawn(refresh_when_complete(server, view))
    return to_diagnostics(view.document, found.findings, view.encoding)


async def refresh_when_complete(server: Server, view: View) -> None:
    """Ask the client to pull again once all findings of ``view`` are there."""
    with contextlib.suppress(FeatureError, RequestFailedError):  # the next pull is told of these
        await server.checks.findings(view)
        server.refresh_diagnostics()


async def pull(
    server: Server, view: View, previous: str | None
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """Answer a pull.

    A document that changed meanwhile makes the server cancel (LSP 3.17, *DiagnosticServer-
    CancellationData*); the client has pulled again for that change, and need not for this.
    """
    try:
        return report(await find(server, view), previous)
    except FeatureError as error:
        if error.code != CONTENT_MODIFIED:
            raise
        data = {"retriggerRequest": False}
        raise FeatureError(SERVER_CANCELLED, error.text, data) from None


async def push(server: Server, view: View) -> None:
    """Publish the diagnostics of ``view``, unless it is overtaken."""
    session, options = server.session, view.settings.diagnostics
    version = view.document.version if session.client.publish_versions else None

    def publish(findings: Sequence[Finding]) -> None:
        shown = to_diagnostics(view.document, findings, view.encoding)
        params = types.PublishDiagnosticsParams(view.document.uri, shown, version)
        server.text_document_publish_diagnostics(params)

    if not options.enabled:
        publish(())
        return
    try:
        await session.rest(view, options.debounce_ms)
        async with contextlib.aclosing(server.checks.as_found(view)) as found:
            async for some in found:
                if some.complete or some.findings:
                    publish(some.findings)
    except FeatureError:
        return
    except RequestFailedError as error:
        session.notices.note(f"diagnostics: {error}")


async def push_others(server: Server, uri: str) -> None:
    """Publish the diagnostics of the other open documents once ``uri``, which was edited or closed,
    rests: what is in it may be missing there now, or be there at last."""
    session = server.session
    if session.documents.get(uri) is not None:
        try:
            await session.rest(view := session.view(uri), view.settings.diagnostics.debounce_ms)
        except FeatureError:
            return  # edited again, which comes here again
    await asyncio.gather(
        *(push(server, session.view(other)) for other in session.documents.uris() if other != uri)
    )


def register(server: Server) -> None:
    """Serve pulls, and push where the client does not pull."""

    @server.feature(FEATURE)
    async def diagnostic(
        params: types.DocumentDiagnosticParams,
    ) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
        view = server.session.view(params.text_document.uri)
        return await pull(server, view, params.previous_result_id)

    def changed(uri: str) -> None:
        session = server.session
        if not session.client.pull_diagnostics:
            session.spawn(push(server, session.view(uri)))
            session.spawn(push_others(server, uri))

    def closed(uri: str) -> None:
        session = server.session
        server.checks.forget(uri)
        if not session.client.pull_diagnostics:
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
            session.spawn(push_others(server, uri))

    def outdated() -> None:
        session = server.session
        if not session.client.pull_diagnostics:
            for uri in session.documents.uris():
                session.spawn(push(server, session.view(uri)))
        elif session.client.refresh_diagnostics:
            server.refresh_diagnostics()

    server.on_change(changed)
    server.on_close(closed)
    server.on_outdated(outdated)
