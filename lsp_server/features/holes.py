"""The requests of ChatLSP: what whoever writes at a cursor should know, for editors and assistants.

docs/protocol.md says what each takes and answers. Positions are the client's, as everywhere.
"""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from analysis.findings import Severity
from analysis.holes.context import HoleContext, RelevantType
from analysis.text import Document, Position, TextEdit, TextError
from engine.features.error_report import ErrorReportRequest
from engine.features.hole import HoleRequest
from engine.features.tutorial import TutorialRequest
from lsp_server.capabilities import (
    METHOD_ERROR_REPORT,
    METHOD_EXPECTED_TYPE,
    METHOD_RELEVANT_HEADERS,
    METHOD_RELEVANT_TYPES,
    METHOD_TUTORIAL,
)
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.features.diagnostics import to_diagnostic
from lsp_server.positions import offset_of, uri_of
from lsp_server.server import Server
from lsp_server.session import View

#: Characters of an answer, unless the client says otherwise, and the most it may say.
BUDGET, MOST = 2000, 100_000
#: What comes later than this is not waited for.
DEADLINE_MS = 5000


async def context_at(
    server: Server, view: View, position: types.Position, *, budget: int, **parts: bool
) -> HoleContext:
    """What is known of the hole at ``position``; ``parts`` are ``types`` and ``headers``."""
    document = view.document
    line, character = document.lines.position(offset_of(document, position, view.encoding))
    snapshot = await server.session.snapshot(view)
    request = HoleRequest(
        snapshot, line, character, budget=budget, deadline_ms=DEADLINE_MS, **parts
    )
    return (await server.session.ask(request)).context


def expected(context: HoleContext) -> dict[str, Any]:
    """The answer of ``pilotfish/expectedType``."""
    found = context.expected
    return {
        "type": found.type,
        "source": found.source,
        "of": found.of,
        "classes": list(found.classes),
        "parts": list(found.parts),
        "optional": found.optional,
        "reason": found.reason,
    }


def relevant_types(context: HoleContext) -> dict[str, Any]:
    """The answer of ``pilotfish/relevantTypes``."""
    listed = [
        {
            "name": one.name,
            "definition": one.definition,
            "distance": one.distance,
            "location": _location(one),
        }
        for one in context.types
    ]
    return {"expected": expected(context), "types": listed, "omitted": context.omitted}


def relevant_headers(context: HoleContext) -> dict[str, Any]:
    """The answer of ``pilotfish/relevantHeaders``."""
    listed = [
        {
            "name": one.name,
            "header": one.header,
            "result": one.result,
            "fit": one.fit,
            "origin": one.origin,
        }
        for one in context.headers
    ]
    return {"expected": expected(context), "headers": listed, "omitted": context.omitted}


def _location(one: RelevantType) -> dict[str, Any] | None:
    return {"uri": uri_of(one.path), "line": one.line} if one.path else None


async def error_report(server: Server, view: View, draft: Document) -> dict[str, Any]:
    """The answer of ``pilotfish/errorReport``: what is new and wrong in ``draft``."""
    snapshot = await server.session.snapshot(view)
    request = ErrorReportRequest(snapshot, draft.text, ruff=view.settings.diagnostics.ruff)
    findings = (await server.session.ask(request)).findings
    lines = [
        f"{f.line + 1}:{f.character + 1}: {f.code} {f.message}"
        for f in findings
        if f.severity is not Severity.INFO
    ]
    return {
        "version": view.document.version,
        "diagnostics": [to_diagnostic(draft, f, view.encoding) for f in findings],
        "text": "\n".join(lines),
    }


def _asked(server: Server, method: str, params: Any) -> tuple[View, types.Position, int]:
    """The document, the position and the budget of a request. Raises ``FeatureError``."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    position = _position(getattr(params, "position", None))
    budget = getattr(params, "budget", None)
    budget = BUDGET if budget is None else budget
    fits = isinstance(budget, int) and not isinstance(budget, bool) and 0 < budget <= MOST
    if not isinstance(uri, str) or position is None or not fits:
        raise FeatureError(
            INVALID_PARAMS,
            f"{method} takes textDocument, position and a budget of 1 to {MOST} characters",
        )
    return server.session.view(uri), position, budget


def _position(given: Any) -> types.Position | None:
    line, character = getattr(given, "line", None), getattr(given, "character", None)
    if not isinstance(line, int) or not isinstance(character, int) or min(line, character) < 0:
        return None
    return types.Position(line, character)


def _drafted(server: Server, params: Any) -> tuple[View, Document]:
    """The document and its draft. Raises ``FeatureError``."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    text, place = getattr(params, "text", None), getattr(params, "range", None)
    start, end = (_position(getattr(place, side, None)) for side in ("start", "end"))
    whole = place is None
    if not isinstance(uri, str) or not isinstance(text, str) or (not whole and not (start and end)):
        raise FeatureError(
            INVALID_PARAMS,
            f"{METHOD_ERROR_REPORT} takes textDocument, text, and the range that it replaces",
        )
    view = server.session.view(uri)
    edit = TextEdit(text)
    if start and end:
        edit = TextEdit(
            text, Position(start.line, start.character), Position(end.line, end.character)
        )
    try:
        return view, view.document.apply([edit], view.encoding)
    except TextError as error:
        raise FeatureError(INVALID_PARAMS, str(error)) from None


def register(server: Server) -> None:
    """Serve the requests."""

    @server.feature(METHOD_EXPECTED_TYPE)
    async def pilotfish_expected_type(params: Any) -> dict[str, Any]:
        view, position, budget = _asked(server, METHOD_EXPECTED_TYPE, params)
        return expected(await context_at(server, view, position, budget=budget))

    @server.feature(METHOD_RELEVANT_TYPES)
    async def pilotfish_relevant_types(params: Any) -> dict[str, Any]:
        view, position, budget = _asked(server, METHOD_RELEVANT_TYPES, params)
        return relevant_types(await context_at(server, view, position, budget=budget, types=True))

    @server.feature(METHOD_RELEVANT_HEADERS)
    async def pilotfish_relevant_headers(params: Any) -> dict[str, Any]:
        view, position, budget = _asked(server, METHOD_RELEVANT_HEADERS, params)
        context = await context_at(server, view, position, budget=budget, headers=True)
        return relevant_headers(context)

    @server.feature(METHOD_ERROR_REPORT)
    async def pilotfish_error_report(params: Any) -> dict[str, Any]:
        view, draft = _drafted(server, params)
        work = error_report(server, view, draft)
        return await server.session.latest(METHOD_ERROR_REPORT, view.document.uri, work)

    @server.feature(METHOD_TUTORIAL)
    async def pilotfish_ai_tutorial(params: Any) -> dict[str, Any]:
        del params
        return {"text": (await server.session.ask(TutorialRequest())).text}
