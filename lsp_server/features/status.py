"""``pilotfish/status`` for status bars, ``pilotfish/didChangeStatus`` for those that follow it, and
the commands that act on the server itself."""

from __future__ import annotations

import asyncio
import contextlib
import math
from pathlib import Path
from typing import Any

from lsprotocol import types

from engine.client import ExplainedError, Phase
from engine.features.status import StatusAnswer, StatusRequest
from lsp_server.capabilities import (
    COMMAND_PAUSE,
    COMMAND_RESTART,
    METHOD_STATUS,
    NOTIFICATION_STATUS,
)
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.features.repair import UNTRUSTED
from lsp_server.positions import path_of
from lsp_server.server import Server
from lsp_server.session import Session


async def status(server: Server) -> dict[str, Any]:
    """The state of the server as JSON; docs/protocol.md says what is in it."""
    session = server.session
    state, left = session.engine_state, session.pauses.left
    answer: dict[str, Any] = {
        "engine": state.phase.value,
        "detail": state.detail,
        "restarts": state.restarts,
        "paused": left > 0,
        "pausedFor": round(left) if 0 < left < math.inf else None,
        "pausedFolders": sorted(session.pauses.folders),
        "positionEncoding": session.encoding.value,
        "documents": len(session.documents.uris()),
        "suggestions": session.times.summary(),
    }
    engine = None
    if state.phase is Phase.READY:
        try:
            engine = await session.ask(StatusRequest())
        except ExplainedError as error:
            answer["detail"] = str(error)
    if engine is not None:
        answer |= {
            "enginePid": engine.engine_pid,
            "model": engine.model,
            "modelState": engine.model_state,
            "modelReason": engine.model_reason,
            "analysisReason": engine.analysis_reason,
            "workerPids": list(engine.worker_pids),
            "residentBytes": engine.resident_bytes,
        }
    cause, why, remedy = await _cause(session, engine)
    return answer | {"cause": cause, "why": why, "remedy": remedy}


async def _cause(session: Session, engine: StatusAnswer | None) -> tuple[str, str, str]:
    """Why less comes than could: in a few words, in full, and which of the remedies of
    docs/protocol.md helps. Empty where everything works."""
    state, machine = session.engine_state, session.machine
    if state.phase is Phase.FAILED:
        return "stopped", state.detail, "restart"
    if engine is None:
        return state.phase.value, state.detail, ""
    if machine.python and not await asyncio.to_thread(Path(machine.python).is_file):
        return "wrong interpreter", f"there is no {machine.python}", "python"
    if engine.analysis_reason:
        return "no analysis", engine.analysis_reason, "doctor"
    if (left := session.pauses.left) > 0:
        until = f"for {math.ceil(left / 60)} more minutes" if left < math.inf else "until resumed"
        return "paused", f"suggestions are paused {until}", "resume"
    if session.pauses.folders:
        folders = ", ".join(sorted(session.pauses.folders))
        return "paused", f"suggestions are paused in {folders}", "resume"
    if not session.settings.inline_completion.enabled:
        return "off", "suggestions are off in the settings", "settings"
    if engine.model_state == "missing":
        remedy = "endpoint" if machine.endpoint else "model"
        return "no model", engine.model_reason, remedy
    if engine.model_state == "loading":
        return "loading", "the model is being loaded", ""
    if session.trouble:
        return "no answer", session.trouble, "endpoint" if machine.endpoint else "log"
    with contextlib.suppress(ExplainedError):
        if not all(w.trusted for w in await session.workspaces.of_folders(session.settings)):
            return "not trusted", f"{UNTRUSTED}, and its interpreter is not started", "trust"
    return "", "", ""


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
        pauses = server.session.pauses
        match params.arguments:
            case [{"minutes": int() | float() as minutes}] if 0 < minutes <= 24 * 60:
                pauses.pause(minutes * 60)
                asyncio.get_running_loop().call_later(minutes * 60 + 1, server.session.on_status)
            case [{"folder": str(uri)}] if path := path_of(uri):
                pauses.folders ^= {path}
            case [bool(wanted)]:
                pauses.everywhere(wanted)
            case None | [] | ():
                pauses.everywhere(not (pauses.left > 0 or pauses.folders))
            case _:
                raise FeatureError(
                    INVALID_PARAMS,
                    f"{COMMAND_PAUSE} takes true, false, minutes, or the uri of a folder",
                )
        server.session.on_status()
        return pauses.left > 0 or bool(pauses.folders)
