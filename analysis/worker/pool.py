"""The workers as one: ask, and get a future that is settled by its deadline.

Two workers, each with at most one query: the second is the warm spare. A query that is not answered
by its deadline is settled as unanswered; its worker may finish for as long as
:data:`OVERSTAY_S`, then it is killed and another takes its place. While it is busy the spare
answers. A worker that dies for whatever reason is replaced, and its query is asked once more.
"""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
from collections import deque
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.names import NameSet
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole
from analysis.worker.messages import Broken, Ready, Refused
from analysis.worker.process import WorkerProcess, WorkerSettings
from analysis.worker.queries import NamesQuery, PositionQuery, Query, WarmQuery

_log = logging.getLogger(__name__)

#: Seconds after which a query that overstayed its deadline costs its worker.
OVERSTAY_S = 2.0
#: The deadline of a query that names none: the decode loop polls and gives up earlier by itself.
_DEFAULT_S = 2.0
#: After so many starts in a row that came to nothing, queries are settled instead of waiting.
_HOPELESS = 3
#: Seconds between starts that came to nothing.
_PAUSE_S = 1.0
_WARMING_S = 30.0


@dataclass(slots=True, eq=False)
class _Task:
    id: int
    query: Query
    deadline: Deadline
    future: Future[Any]
    #: When its worker is killed, on the monotonic clock; set when it starts.
    killed_at: float = math.inf
    again: bool = False


@dataclass(slots=True, eq=False)
class _Slot:
    process: WorkerProcess
    ready: bool = False
    task: _Task | None = None
    warmed: set[Workspace] = field(default_factory=set)


class AnalysisPool:
    """Asks workers. Thread-safe; an :class:`~decoding.guidance.evidence.Evidence` by its shape.

    The first worker starts at once, the spare when the first is ready, or each when a question
    waits for it (``WorkerSettings.ahead``). :meth:`close` ends them.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._slots: list[_Slot] = []
        self._ids = itertools.count(1)
        self._workspace: Workspace | None = None
        self._failures = 0
        self._next_start = 0.0
        self._closed = False
        self._watch = threading.Thread(target=self._run, name="analysis-pool", daemon=True)
        self._watch.start()

    def __enter__(self) -> AnalysisPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """Begin to look up what may stand in ``hole``; returns at once."""
        return self.ask(NamesQuery(snapshot, hole), Deadline.after(_DEFAULT_S))

    def inspect(
        self, snapshot: Snapshot, line: int, character: int, deadline: Deadline
    ) -> Future[NameSet]:
        """Begin to look up what may stand at a position (0-based line and code point)."""
        return self.ask(PositionQuery(snapshot, line, character), deadline)

    def ask(self, query: Query, deadline: Deadline) -> Future[Any]:
        """Begin to answer ``query``; returns at once.

        The future's result is what the query's ``answer`` returned, or its ``unanswered`` at the
        deadline. Its exception is an :class:`~analysis.errors.AnalysisError`. Cancelling it
        abandons the query.
        """
        task = _Task(next(self._ids), query, deadline, Future())
        with self._changed:
            if self._closed:
                task.future.set_result(query.unanswered("the analysis has ended"))
                return task.future
            self._waiting.append(task)
            self._changed.notify_all()
        return task.future

    def warm(self, workspace: Workspace) -> None:
        """Let every worker, also later ones, prepare for ``workspace`` while it has no work."""
        with self._changed:
            self._workspace = workspace
            self._changed.notify_all()

    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers."""
        with self._changed:
            return tuple(slot.process.pid for slot in self._slots)

    def close(self) -> None:
        """End the workers and settle what is open. Further calls do nothing."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
            slots = list(self._slots)
        for slot in slots:
            slot.process.kill()
        self._watch.join()
        for slot in slots:
            slot.process.join()

    def _run(self) -> None:
        while True:
            settled: list[tuple[_Task, str]] = []
            with self._changed:
                if self._closed:
                    break
                now = time.monotonic()
                self._expire(now, settled)
                self._hand_out()
                start = self._wants_a_worker(now)
                if not settled and not start:
                    self._changed.wait(self._next_event(now))
            for task, reason in settled:
                _settle(task, task.query.unanswered(reason))
            if start:
                self._start()
        with self._changed:
            left = [*self._waiting, *(slot.task for slot in self._slots if slot.task)]
            self._waiting.clear()
        for task in left:
            _settle(task, task.query.unanswered("the analysis has ended"))

    def _expire(self, now: float, settled: list[tuple[_Task, str]]) -> None:
        hopeless = self._failures >= _HOPELESS and not self._slots
        for task in list(self._waiting):
            if task.future.done():
                self._waiting.remove(task)
            elif task.deadline.at <= now or hopeless:
                self._waiting.remove(task)
                settled.append((task, "the worker does not start" if hopeless else "late"))
        for slot in self._slots:
            running = slot.task
            if running is None:
                continue
            if running.deadline.at <= now and not running.future.done():
                settled.append((running, "late"))
            if running.killed_at <= now:
                _log.info("worker %d overstayed and is replaced", slot.process.pid)
                running.killed_at = math.inf
                slot.process.kill()

    def _hand_out(self) -> None:
        for slot in self._slots:
            if slot.task is not None or not slot.ready:
                continue
            if self._waiting:
                if self._workspace is not None:
                    # A question warms as well, and the next one must not wait behind warming.
                    slot.warmed.add(self._workspace)
                self._give(slot, self._waiting.popleft())
            elif self._workspace is not None and self._workspace not in slot.warmed:
                slot.warmed.add(self._workspace)
                query = WarmQuery(self._workspace)
                self._give(
                    slot, _Task(next(self._ids), query, Deadline.after(_WARMING_S), Future())
                )

    def _give(self, slot: _Slot, task: _Task) -> None:
        slot.task = task
        task.killed_at = max(time.monotonic() + OVERSTAY_S, task.deadline.at)
        # A process that is gone is noticed by its reading thread, which brings the task back.
        try:
            slot.process.send(task.id, task.query, task.deadline)
        except AnalysisError as error:
            slot.task = None
            _fail(task, error)

    def _wants_a_worker(self, now: float) -> bool:
        if len(self._slots) >= self._settings.workers or now < self._next_start:
            return False
        if not self._settings.ahead:
            idle = sum(slot.task is None for slot in self._slots)
            return len(self._waiting) > idle
        return not self._slots or any(slot.ready for slot in self._slots)

    def _next_event(self, now: float) -> float | None:
        moments = [task.deadline.at for task in self._waiting]
        for slot in self._slots:
            if slot.task is not None:
                moments.append(slot.task.killed_at)
                if not slot.task.future.done():
                    moments.append(slot.task.deadline.at)
        if len(self._slots) < self._settings.workers and now < self._next_start:
            moments.append(self._next_start)
        soonest = min(moments, default=math.inf)
        return None if math.isinf(soonest) else max(0.0, soonest - now)

    def _start(self) -> None:
        try:
            process = WorkerProcess(self._settings, self._replied, self._ended)
        except OSError as error:
            _log.error("the analysis worker does not start: %s", error)
            with self._changed:
                self._failures += 1
                self._next_start = time.monotonic() + _PAUSE_S
            return
        with self._changed:
            if self._closed:
                process.kill()
            # Noted before it is listened to: who does not find the slot forgets what was said.
            self._slots.append(_Slot(process))
            process.listen()
        if self._closed:
            process.join()

    def _replied(self, process: WorkerProcess, id: int, body: object) -> None:  # noqa: A002
        with self._changed:
            slot = next((s for s in self._slots if s.process is process), None)
            if isinstance(body, Ready):
                self._failures = 0
                if slot is not None:
                    slot.ready = True
                self._changed.notify_all()
                return
            task = slot.task if slot is not None else None
            if slot is not None and task is not None and task.id == id:
                slot.task = None
            self._changed.notify_all()
        if task is None or task.id != id:
            return
        if isinstance(body, Refused):
            _fail(task, AnalysisError(body.what, where=body.where, help=body.help))
        elif isinstance(body, Broken):
            _log.error("bug: %s in %s", body.error, body.place)
            _settle(task, task.query.unanswered(f"internal error: {body.error}"))
        else:
            _settle(task, body)

    def _ended(self, process: WorkerProcess) -> None:
        with self._changed:
            slot = next((s for s in self._slots if s.process is process), None)
            if slot is None:
                return
            self._slots.remove(slot)
            task = slot.task
            if not slot.ready:
                self._failures += 1
                self._next_start = time.monotonic() + _PAUSE_S
            lost = task is not None and not task.future.done()
            if task is not None and lost and not task.again and not self._closed:
                task.again = True
                self._waiting.appendleft(task)
                lost = False
            self._changed.notify_all()
        if task is not None and lost:
            _settle(task, task.query.unanswered("the analysis worker died twice over it"))


def _settle(task: _Task, answer: object) -> None:
    try:
        task.future.set_result(answer)
    except InvalidStateError:
        # Settled at its deadline, or cancelled by the one who asked.
        return


def _fail(task: _Task, error: AnalysisError) -> None:
    try:
        task.future.set_exception(error)
    except InvalidStateError:
        return
