"""``pilotfish/status`` for status bars, and the commands that act on the server itself."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from engine.client import ExplainedError, Phase
from engine.messages import StatusRequest
from lsp_server.capabilities import COMMAND_PAUSE, COMMAND_RESTART, METHOD_STATUS
from lsp_server.server import Server


async def status(server: Server) -> dict[str, Any]:
    """The state of the server as JSON; docs/protocol.md says what is in it."""
    session = server.session
    state = session.engine_state
    answer: dict[str, Any] = {
        "engine": state.phase.value,
        "detail": state.detail,
        "restarts": state.restarts,
        "paused": session.paused,
        "positionEncoding": session.encoding.value,
        "documents": len(session.documents.uris()),
        "suggestions": session.times.summary(),
    }
    if state.phase is not Phase.READY:
        return answer
    try:
        engine = await session.ask(StatusRequest())
    except ExplainedError as error:
        return {**answer, "detail": str(error)}
    return {
        **answer,
        "enginePid": engine.engine_pid,
        "model": engine.model,
        "modelState": engine.model_state,
        "modelReason": engine.model_reason,
        "workerPids": list(engine.worker_pids),
        "residentBytes": engine.resident_bytes,
    }


def register(server: Server) -> None:
    """Serve the request and the commands."""

    @server.feature(METHOD_STATUS)
    async def pilotfish_status(params: Any) -> dict[str, Any]:
        return await status(server)

    @server.command(COMMAND_RESTART)
    async def restart(params: types.ExecuteCommandParams) -> None:
        await server.restart_engine()

    @server.command(COMMAND_PAUSE)
    async def pause(params: types.ExecuteCommandParams) -> bool:
        given = params.arguments[0] if params.arguments else None
        session = server.session
        session.paused = given if isinstance(given, bool) else not session.paused
        return session.paused
