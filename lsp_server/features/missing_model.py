"""A missing model is offered with one click and a progress bar; everything else works meanwhile."""

from __future__ import annotations

import functools

from lsprotocol import types

from engine.client import RequestFailedError
from engine.features.pull import PullRequest
from engine.features.status import StatusAnswer
from lsp_server.progress import ask_long
from lsp_server.server import Server

DOWNLOAD, LATER = "Download it", "Not now"


async def offer(server: Server, status: StatusAnswer) -> None:
    """Ask once a session, and download if the person says so."""
    reason = status.model_reason
    text = f"Pilotfish has no model, so it makes no suggestions: {reason}. "
    if server.session.machine.model or server.session.machine.endpoint:
        # The person chose another one: only they know how to bring it back.
        help = status.model_help or "correct the setting"
        server.session.notices.once(
            "missing model", types.MessageType.Warning, f"{text}To fix it: {help}"
        )
        return
    answer = await server.session.notices.ask(
        types.MessageType.Info,
        f"{text}Diagnostics and repairs by templates work without one.",
        [DOWNLOAD, LATER],
        key="missing model",
    )
    if answer == DOWNLOAD:
        await download(server)


async def download(server: Server) -> None:
    """Pull the completing model; what arrived before a cancellation is kept."""
    session = server.session
    try:
        done = await ask_long(server, PullRequest(), "Downloading the model of Pilotfish")
    except RequestFailedError as error:
        if error.kind == "cancelled":
            session.notices.note("the download was stopped; the next one resumes it")
        else:
            session.notices.say(types.MessageType.Error, f"Pilotfish: {error}")
        return
    session.note_trouble("")
    session.notices.say(types.MessageType.Info, f"{done.notes[0]} is installed: suggestions are on")
    server.outdate()


def register(server: Server) -> None:
    """Follow the session."""
    server.session.on_missing_model = functools.partial(offer, server)
