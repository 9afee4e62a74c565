"""What a file does block by block while a test fails: ``pilotfish/trace``, and the command *Debug*.

Both run for seconds with a progress bar; cancelling the bar gives what was seen so far, cancelling
the request ends it. What was seen is remembered while the text stays as it was, for hover to show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types

from engine.features.trace import TraceRequest
from lsp_server.capabilities import COMMAND_DEBUG, METHOD_TRACE
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.features.repair import Order, subject
from lsp_server.positions import path_of
from lsp_server.progress import ask_long
from lsp_server.server import Server
from lsp_server.traced import Traced


async def trace(server: Server, order: Order, token: types.ProgressToken | None) -> dict[str, Any]:
    """The report on a document for a test command, as docs/debug.md describes it, with the text
    that was run; of a file of tests it is on the file in which it went wrong.

    Raises :class:`~engine.client.ExplainedError` where the workspace is not trusted.
    """
    document, snapshot = await subject(server, order.uri)
    verdicts = server.session.settings.repair.verdicts
    request = TraceRequest(snapshot, test=order.test, verdicts=verdicts)
    answer = await ask_long(server, request, f"Debugging {Path(document.path).name}", token)
    path = answer.document["path"]
    uri = server.session.documents.uri_of(path)
    about = document if uri == document.uri else server.session.documents.get(uri)
    if answer.document["status"] != "error":
        key = about.path if about is not None else path
        server.session.traced[key] = Traced(answer.text, answer.document)
    version = about.version if about is not None else None
    return {**answer.document, "uri": uri, "version": version, "text": answer.text}


def tell(server: Server, report: dict[str, Any]) -> None:
    """In one message what a client without a view of its own would not see."""
    if report["status"] == "error":
        server.session.notices.say(types.MessageType.Error, f"Pilotfish: {report['reason']}")
        return
    failed = [test for test in report["tests"] if test.get("exception")]
    if not failed:
        server.session.notices.say(types.MessageType.Info, "Pilotfish: the test passes")
        return
    first = failed[0]
    text = f"{first['id'].rpartition('::')[2]}: {first['message'] or first['exception']}"
    if report["lines"]:
        where = f"{Path(report['path']).name}:{report['lines'][0]['line'] + 1}"
        text += f" — most suspicious: {where}; hover there for the values"
    server.session.notices.say(types.MessageType.Info, f"Pilotfish: {text}")


def register(server: Server) -> None:
    """Serve the request and the command."""

    @server.feature(METHOD_TRACE)
    async def pilotfish_trace(params: Any) -> dict[str, Any]:
        uri, test = getattr(params, "uri", None), getattr(params, "test", "")
        if not isinstance(uri, str) or not path_of(uri) or not isinstance(test, str):
            raise FeatureError(
                INVALID_PARAMS, f"{METHOD_TRACE} takes the uri of a file and a test command"
            )
        work = trace(server, Order(uri, test), getattr(params, "workDoneToken", None))
        return await server.session.latest(METHOD_TRACE, uri, work)

    @server.command(COMMAND_DEBUG)
    async def debug(params: types.ExecuteCommandParams) -> dict[str, Any]:
        order = Order.from_arguments(params.arguments, COMMAND_DEBUG)
        work = trace(server, order, params.work_done_token)
        report = await server.session.latest(METHOD_TRACE, order.uri, work)
        if not server.session.client.trace_view:
            tell(server, report)
        return report
