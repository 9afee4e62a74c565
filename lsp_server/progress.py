"""``$/progress``: how far a long request is, and the button that stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from lsprotocol import types

from engine.client import Submission
from engine.request import Progress, Request
from lsp_server.server import Server

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class ProgressReport:
    """An open progress bar. :meth:`show` moves it."""

    def __init__(self, server: Server, token: types.ProgressToken | None) -> None:
        self._server = server
        self._token = token

    def show(self, progress: Progress) -> None:
        """Show what the engine says of itself."""
        if self._token is None:
            return
        share = progress.fraction
        self._server.work_done_progress.report(
            self._token,
            types.WorkDoneProgressReport(
                message=progress.message,
                percentage=round(min(share, 1.0) * 100) if share >= 0 else None,
                cancellable=True,
            ),
        )


@contextlib.asynccontextmanager
async def progress(
    server: Server,
    title: str,
    stop: Callable[[], None],
    token: types.ProgressToken | None = None,
) -> AsyncIterator[ProgressReport]:
    """A progress bar around a piece of work; ``stop`` is called when the person presses cancel.

    ``token`` is the client's own where the request carried one. A client that cannot show progress
    sees none.
    """
    reporter = server.work_done_progress
    if token is None and server.session.client.progress:
        token = str(uuid.uuid4())
        try:
            await reporter.create_async(token)
        except Exception:  # noqa: BLE001 - a client may refuse; the work goes on unseen
            log.info("the client refused a progress bar")
            token = None
    if token is None:
        yield ProgressReport(server, None)
        return
    reporter.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0))
    loop = asyncio.get_running_loop()
    reporter.tokens[token].add_done_callback(
        lambda future: loop.call_soon(stop) if future.cancelled() else None
    )
    outcome = "done"
    try:
        yield ProgressReport(server, token)
    except BaseException:
        outcome = "stopped"
        raise
    finally:
        reporter.end(token, types.WorkDoneProgressEnd(message=outcome))
        reporter.tokens.pop(token, None)


async def ask_long(
    server: Server, request: Request[Answer], title: str, token: types.ProgressToken | None = None
) -> Answer:
    """The engine's answer. The bar's button cancels the request, which then answers with what it
    has, or fails; cancelling the caller ends it at once.

    ``token`` is the client's own where it gave one. Raises
    :class:`~engine.client.RequestFailedError`.
    """
    submitted: list[Submission[Answer]] = []

    def stop() -> None:
        for submission in submitted:
            submission.cancel()

    async with progress(server, title, stop, token) as report:
        submitted.append(server.session.submit(request, report.show))
        return await asyncio.wrap_future(submitted[0].future)
