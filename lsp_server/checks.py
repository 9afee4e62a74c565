"""Findings of open documents, computed once for each version and shared by who asks; of a document
that was just opened, as they are found.

Diagnostics and quick fixes want the same answer at the same moment; the engine is asked once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from analysis.text import Document
from engine.messages import CheckRequest, Finding, Progress
from lsp_server.failures import superseded
from lsp_server.session import Session, View


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a document; ``complete`` once that is all."""

    findings: tuple[Finding, ...]
    complete: bool


class _Check:
    """One run over one version."""

    def __init__(self, document: Document, epoch: int) -> None:
        self.document = document
        self.epoch = epoch
        self.task: asyncio.Task[tuple[Finding, ...]]
        self.so_far: tuple[Finding, ...] = ()
        #: Set when ``so_far`` was told for the first time, and anew whenever it has grown.
        self.grown = asyncio.Event()

    def told(self, progress: Progress) -> None:
        """The engine has found more."""
        self.so_far = progress.found
        self.grown.set()


class Checks:
    """The newest check of each document."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._newest: dict[str, _Check] = {}
        #: Documents whose findings were all there once since they were opened.
        self._complete: set[str] = set()

    async def findings(self, view: View) -> tuple[Finding, ...]:
        """The findings of ``view``, from the check under way or done where there is one.

        Raises :class:`~engine.client.RequestFailedError`, or ``FeatureError`` (content modified)
        when the document changes before they are there.
        """
        newest = self._of(view)
        try:
            found = await asyncio.shield(newest.task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if newest.task.cancelled() and not (current and current.cancelling()):
                raise superseded() from None
            raise
        self._session.require_current(view)
        self._complete.add(view.document.uri)
        return found

    async def as_found(self, view: View) -> AsyncGenerator[Found]:
        """The findings of ``view`` each time there are more, the last time all of them.

        Only of a document that had no complete findings since it was opened: what is shown of an
        older version is of more use than half of the new one. Raises as :meth:`findings`.
        """
        newest = self._of(view)
        while view.document.uri not in self._complete and not newest.task.done():
            growing = asyncio.ensure_future(newest.grown.wait())
            try:
                await asyncio.wait([growing, newest.task], return_when=asyncio.FIRST_COMPLETED)
            finally:
                growing.cancel()
            if newest.task.done():
                break
            newest.grown.clear()
            self._session.require_current(view)
            yield Found(newest.so_far, complete=False)
        yield Found(await self.findings(view), complete=True)

    async def early(self, view: View, seconds: float) -> Found:
        """The findings of ``view``; of a document that had none since it was opened those that are
        there after ``seconds``, or ruff's when they come. Raises as :meth:`findings`."""
        newest = self._of(view)
        if view.document.uri not in self._complete:
            some = asyncio.ensure_future(_some_after(newest, seconds))
            try:
                await asyncio.wait([some, newest.task], return_when=asyncio.FIRST_COMPLETED)
            finally:
                some.cancel()
            if not newest.task.done():
                self._session.require_current(view)
                return Found(newest.so_far, complete=False)
        return Found(await self.findings(view), complete=True)

    def forget(self, uri: str) -> None:
        """Drop what is kept of a document."""
        self._complete.discard(uri)
        if (check := self._newest.pop(uri, None)) is not None:
            check.task.cancel()

    def _of(self, view: View) -> _Check:
        """The check under way or done, or a new one."""
        uri = view.document.uri
        newest = self._newest.get(uri)
        if newest is None or not self._fits(newest, view):
            if newest is not None:
                newest.task.cancel()
            newest = _Check(view.document, self._session.epoch)
            newest.task = asyncio.ensure_future(self._check(view, newest))
            # Whoever waits is told; without anyone, a failure is of no interest.
            newest.task.add_done_callback(lambda t: t.cancelled() or t.exception())
            self._newest[uri] = newest
        return newest

    def _fits(self, check: _Check, view: View) -> bool:
        failed = check.task.done() and (
            check.task.cancelled() or check.task.exception() is not None
        )
        return check.document is view.document and check.epoch == self._session.epoch and not failed

    async def _check(self, view: View, check: _Check) -> tuple[Finding, ...]:
        snapshot = await self._session.snapshot(view)
        request = CheckRequest(snapshot, ruff=view.settings.diagnostics.ruff)
        submission = self._session.submit(request, check.told)
        return (await asyncio.wrap_future(submission.future)).findings


async def _some_after(check: _Check, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await check.grown.wait()
