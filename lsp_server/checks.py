"""Findings of open documents, computed once for each version and shared by who asks.

Diagnostics and quick fixes want the same answer at the same moment; the engine is asked once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from analysis.text import Document
from engine.messages import CheckRequest, Finding
from lsp_server.failures import superseded
from lsp_server.session import Session, View


@dataclass(frozen=True, slots=True)
class _Check:
    document: Document
    epoch: int
    task: asyncio.Task[tuple[Finding, ...]]


class Checks:
    """The newest check of each document."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._newest: dict[str, _Check] = {}

    async def findings(self, view: View) -> tuple[Finding, ...]:
        """The findings of ``view``, from the check under way or done where there is one.

        Raises :class:`~engine.client.RequestFailedError`, or ``FeatureError`` (content modified)
        when the document changes before they are there.
        """
        uri = view.document.uri
        newest = self._newest.get(uri)
        if newest is None or not self._fits(newest, view):
            if newest is not None:
                newest.task.cancel()
            task = asyncio.ensure_future(self._check(view))
            # Whoever waits is told; without anyone, a failure is of no interest.
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
            newest = _Check(view.document, self._session.epoch, task)
            self._newest[uri] = newest
        try:
            found = await asyncio.shield(newest.task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if newest.task.cancelled() and not (current and current.cancelling()):
                raise superseded() from None
            raise
        self._session.require_current(view)
        return found

    def forget(self, uri: str) -> None:
        """Drop what is kept of a document."""
        if (check := self._newest.pop(uri, None)) is not None:
            check.task.cancel()

    def _fits(self, check: _Check, view: View) -> bool:
        failed = check.task.done() and (
            check.task.cancelled() or check.task.exception() is not None
        )
        return check.document is view.document and check.epoch == self._session.epoch and not failed

    async def _check(self, view: View) -> tuple[Finding, ...]:
        snapshot = await self._session.snapshot(view)
        options = view.settings.diagnostics
        answer = await self._session.ask(CheckRequest(snapshot, ruff=options.ruff))
        return answer.findings
