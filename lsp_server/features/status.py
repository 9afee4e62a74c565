"""``pilotfish/status`` for status bars, ``pilotfish/didChangeStatus`` for those that follow it, and
the commands that act on the server itself."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from engine.client import ExplainedError, Phase
from engine.features.status import StatusRequest
from lsp_server.capabilities import (
    COMMAND_PAUSE,
    COMMAND_RESTART,
    METHOD_STATUS,
    NOTIFICATION_STATUS,
)
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
        "analysisReason": engine.analysis_reason,
        "workerPids": list(engine.worker_pids),
        "residentBytes": engine.resident_bytes,
    }


async def tell(server: Server) -> None:
    """Send the state to a client that follows it."""
    server.session.notify(NOTIFICATION_STATUS, await status(server))


def register(server: Server) -> None:
    """Serve the request and the commands, and tell of changes."""

    def changed() -> None:
        if server.session.client.status_notification:
            server.session.spawn(tell(server))

    server.session.on_status = changed
    server.on_outdated(changed)

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
        session.on_status()
        return session.paused
