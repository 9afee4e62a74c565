"""Findings of open documents, computed once and shared by who asks; of a document that was just
opened, as they are found.

Diagnostics and quick fixes want the same answer at the same moment; the engine is asked once. What
was found is old when the document or the settings are others, or what it was read from.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from analysis.findings import Finding
from analysis.text.overlay import Overlay, Reads
from engine.features.check import CheckAnswer, CheckRequest
from engine.request import Progress
from lsp_server.session import Session, View


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a document; ``complete`` once that is all."""

    findings: tuple[Finding, ...]
    complete: bool


class _Check:
    """One run over one version, among the other buffers as they were when it began."""

    def __init__(self, view: View, epoch: int) -> None:
        self.document = view.document
        self.buffers = view.buffers
        self.epoch = epoch
        self.task: asyncio.Task[CheckAnswer]
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
        """The findings of ``view``, from the check under way or done where there is one; where
        another takes its place (a file beside it or the settings have changed), of that one.

        Raises :class:`~engine.client.RequestFailedError`, or ``FeatureError`` (content modified)
        when the document changes before they are there.
        """
        while True:
            newest = await self._of(view)
            try:
                found = (await asyncio.shield(newest.task)).findings
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if not newest.task.cancelled() or (current and current.cancelling()):
                    raise
                self._session.require_current(view)
                view = self._session.view(view.document.uri)
                continue
            self._session.require_current(view)
            self._complete.add(view.document.uri)
            return found

    async def as_found(self, view: View) -> AsyncGenerator[Found]:
        """The findings of ``view`` each time there are more, the last time all of them.

        Only of a document that had no complete findings since it was opened: what is shown of an
        older version is of more use than half of the new one. Raises as :meth:`findings`.
        """
        newest = await self._of(view)
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
        newest = await self._of(view)
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

    async def _of(self, view: View) -> _Check:
        """The check under way or done, or a new one."""
        uri = view.document.uri
        newest = self._newest.get(uri)
        fits = newest is not None and await self._fits(newest, view)
        if newest is None or not fits or newest is not self._newest.get(uri):
            if (before := self._newest.get(uri)) is not None:
                before.task.cancel()
            newest = _Check(view, self._session.epoch)
            newest.task = asyncio.ensure_future(self._check(view, newest))
            # Whoever waits is told; without anyone, a failure is of no interest.
            newest.task.add_done_callback(lambda t: t.cancelled() or t.exception())
            self._newest[uri] = newest
        return newest

    async def _fits(self, check: _Check, view: View) -> bool:
        if check.document is not view.document or check.epoch != self._session.epoch:
            return False
        if not check.task.done():
            return check.buffers == view.buffers
        if check.task.cancelled() or check.task.exception() is not None:
            return False
        return await hold(check.task.result().reads, Overlay(view.buffers, stable=True))

    async def _check(self, view: View, check: _Check) -> CheckAnswer:
        snapshot = await self._session.snapshot(view)
        request = CheckRequest(snapshot, ruff=view.settings.diagnostics.ruff)
        submission = self._session.submit(request, check.told)
        return await asyncio.wrap_future(submission.future)


async def hold(reads: Reads, files: Overlay) -> bool:
    """Whether ``files`` are as they were read; asks the disk, so not on the event loop."""
    return await asyncio.to_thread(reads.hold, files)


async def _some_after(check: _Check, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await check.grown.wait()
