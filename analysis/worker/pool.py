"""The workers as one: ask, and get a future that is settled by its deadline.

Two workers, each with at most one query: the second is the warm spare. Checks and other work that
nobody waits for (:data:`~analysis.worker.queries.BACKGROUND`) go to the spare alone and yield the
processor, so that a person never waits behind them.

A query that is not answered by its deadline is settled as unanswered. Its worker goes on: what it
finds is kept there, and the next question at that place goes to the same worker. It is killed and
replaced once it has computed for :data:`OVERSTAY_S` and something else waits, or for
:data:`LATE_S`. While it is busy the spare answers. A worker that dies for whatever reason is
replaced, and its query is asked again: once for each worker that may have been dead already when it
was given the query.

A worker that has grown is replaced in a pause, while another one is ready. What it holds is less
what is known than what was known: jedi's objects refer to each other in circles, and Python hardly
gives memory back that it has once taken from the system.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
import psutil

from analysis import children
from analysis.children import Restarts
from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.names import NameSet
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole
from analysis.worker.queries import (
    BACKGROUND,
    REPLIES,
    WARM_PARTS,
    Broken,
    NamesQuery,
    PositionQuery,
    Query,
    Ready,
    Refused,
    WarmQuery,
    Within,
    place_of,
)

#: How much work that nobody waits for yields to other processes (nice(2)).
YIELDING = 5


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers are run.

    ``memory`` is the bytes one may hold; ``cache_directory`` takes jedi's parsed library files.
    ``workers`` are how many a pool has: two for an editor, the second being the warm spare.
    ``ahead`` starts them before they are needed, one after another; else each starts when a
    question waits for it. ``yielding`` is the niceness of checks and warming (nice(2)): 0 in a
    command that somebody waits for.
    """

    cache_directory: str
    memory: int = 1536 * 1024 * 1024
    workers: int = 2
    ahead: bool = True
    yielding: int = YIELDING
    growth: int = 96 * 1024 * 1024


def cache_folder() -> str:
    """Where workers keep parsed library files: the user's cache folder, never a workspace."""
    return str(Path(platformdirs.user_cache_dir("pilotfish")) / "analysis")


class WorkerProcess(children.Child):
    """A running worker. ``on_reply`` and ``on_end`` are called on its own reading thread, from
    :meth:`listen` on."""

    def __init__(
        self,
        settings: WorkerSettings,
        on_reply: Callable[[WorkerProcess, int, object], None],
        on_end: Callable[[WorkerProcess], None],
    ) -> None:
        super().__init__(
            f"{__package__}.main",
            settings.cache_directory,
            str(settings.memory),
            str(settings.yielding),
            replies=REPLIES,
        )
        self.began = time.monotonic()
        self._on_reply = on_reply
        self._on_end = on_end
        self._reader = threading.Thread(
            target=self._read, name=f"analysis-worker-{self.pid}", daemon=True
        )

    def listen(self) -> None:
        """Begin to read. To be called once, when those who are called back know this worker."""
        self._reader.start()

    def processor_seconds(self) -> float:
        """How long the process has computed up to now; 0 when it is gone."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return times.user + times.system

    def resident_bytes(self) -> int:
        """The memory that the process holds; 0 when it is gone."""
        try:
            held: int = psutil.Process(self.pid).memory_info().rss
        except psutil.Error:
            return 0
        return held

    def ask(self, id: int, query: Query, seconds: float, *, background: bool) -> bool:  # noqa: A002
        """Hand a query over, which may take so long; false when the process is gone.

        Raises :class:`~analysis.errors.AnalysisError` for a text that no frame can hold.
        """
        seconds = -1.0 if math.isinf(seconds) else seconds
        return self.send(id, Within(seconds, background), query)

    def join(self) -> None:
        """Wait until the process has ended and its streams are closed."""
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _read(self) -> None:
        with contextlib.suppress(AnalysisError, OSError, ValueError):
            for message in self.messages():
                self._on_reply(self, message.id, message.body)
        self.end()
        self._on_end(self)


_log = logging.getLogger(__name__)

#: Seconds of computing after which a query that overstayed its deadline costs its worker, where
#: another query waits for one. Of computing: on a busy machine a worker is not to blame.
OVERSTAY_S = 2.0
#: The same where nothing else waits: what is found late is kept for the next to ask.
LATE_S = 10.0
#: A worker that overstays without computing hangs: it has so many times as long.
_BUSY = 5
#: Seconds between two looks at a worker that overstays.
_LOOK_S = 0.25
#: Places whose answers one worker is known to have.
_PLACES = 64
#: The reason of what was not answered by its deadline.
LATE = "late"
_ENDED = "the analysis has ended"
_ABSENT = "the worker does not start"
_DIED = "the analysis workers died over it"
#: Reasons that say nothing of the code: the same question may be answered a moment later.
UNANSWERED = frozenset({LATE, _ENDED, _ABSENT, _DIED})
#: The deadline of a query that names none: the decode loop polls and gives up earlier by itself.
_DEFAULT_S = 2.0
#: After so many starts in a row that came to nothing, queries are settled instead of waiting.
_HOPELESS = 3
_WARMING_S = 30.0
#: A worker without a question for so many seconds is at rest, and warm after so many answers.
_REST_S, _WARM_ANSWERS = 2.0, 50


@dataclass(slots=True, eq=False)
class _Task:
    id: int
    query: Query
    deadline: Deadline
    future: Future[Any]
    background: bool = False
    place: str | None = None
    #: When its worker may be killed, on the monotonic clock; set when it starts, as are when that
    #: was and what its worker had computed until then.
    killed_at: float = math.inf
    begun: float = 0.0
    computed: float = 0.0
    #: How many workers ended while they had it.
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Slot:
    process: WorkerProcess
    ready: bool = False
    task: _Task | None = None
    #: How many parts of warming were done or given up.
    warmed: dict[Workspace, int] = field(default_factory=dict)
    #: Places that it was asked about, the newest at the end.
    places: OrderedDict[str, None] = field(default_factory=OrderedDict)
    answers: int = 0
    #: When it will have been at rest for long enough to look at its memory.
    rested_at: float = math.inf
    #: Bytes that it held at the first rest after it was warm; 0 before.
    warm_bytes: int = 0
    retired: bool = False

    @property
    def is_free(self) -> bool:
        return self.ready and self.task is None and not self.retired

    @property
    def serves_a_person(self) -> bool:
        """Whether no background work keeps it."""
        return self.ready and not (self.task is not None and self.task.background)


class _Background:
    """An :class:`~decoding.guidance.evidence.Evidence` of a pool for what nobody waits for."""

    def __init__(self, pool: AnalysisPool) -> None:
        self._pool = pool

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """As :meth:`AnalysisPool.start`."""
        query = NamesQuery(snapshot, hole)
        return self._pool.ask(query, Deadline.after(_DEFAULT_S), background=True)


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
        self._restarts = Restarts()
        self._next_start = 0.0
        self._closed = False
        #: Why the workers refuse every query; ``None`` while none has said so.
        self.trouble: AnalysisError | None = None
        self._watch = threading.Thread(target=self._run, name="analysis-pool", daemon=True)
        self._watch.start()

    def __enter__(self) -> AnalysisPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """Begin to look up what may stand in ``hole``; returns at once."""
        return self.ask(NamesQuery(snapshot, hole), Deadline.after(_DEFAULT_S))

    def inspect(
        self, snapshot: Snapshot, line: int, character: int, deadline: Deadline
    ) -> Future[NameSet]:
        """Begin to look up what may stand at a position (0-based line and code point)."""
        return self.ask(PositionQuery(snapshot, line, character), deadline)

    def background(self) -> _Background:
        """The same for work that a person must not wait behind, such as a repair."""
        return _Background(self)

    def ask(self, query: Query, deadline: Deadline, *, background: bool = False) -> Future[Any]:
        """Begin to answer ``query``; returns at once. ``background`` says that nobody waits for it,
        as is so of every check.

        The future's result is what the query's ``answer`` returned, or its ``unanswered`` at the
        deadline. Its exception is an :class:`~analysis.errors.AnalysisError`. Cancelling it
        abandons the query.
        """
        background = background or isinstance(query, BACKGROUND)
        place = place_of(query)
        task = _Task(next(self._ids), query, deadline, Future(), background, place)
        with self._changed:
            if self._closed:
                task.future.set_result(query.unanswered(_ENDED))
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
                self._retire(now)
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
            _settle(task, task.query.unanswered(_ENDED))

    def _expire(self, now: float, settled: list[tuple[_Task, str]]) -> None:
        hopeless = self._restarts.silent >= _HOPELESS and not self._slots
        for task in list(self._waiting):
            if task.future.done():
                self._waiting.remove(task)
            elif task.deadline.at <= now or hopeless:
                self._waiting.remove(task)
                settled.append((task, _ABSENT if hopeless else LATE))
        for slot in self._slots:
            running = slot.task
            if running is None:
                continue
            if running.deadline.at <= now and not running.future.done():
                settled.append((running, LATE))
            if running.killed_at <= now and self._may_go_on(slot, running, now):
                running.killed_at = now + _LOOK_S
            elif running.killed_at <= now:
                _log.info("worker %d overstayed and is replaced", slot.process.pid)
                running.killed_at = math.inf
                slot.process.kill()

    def _may_go_on(self, slot: _Slot, task: _Task, now: float) -> bool:
        """Whether a query that overstays has computed so little that its worker is kept."""
        if task.background:
            return False
        others = any(w.place is None or w.place != task.place for w in self._waiting)
        allowed = OVERSTAY_S if others else LATE_S
        computed = slot.process.processor_seconds() - task.computed
        return computed < allowed and now - task.begun < allowed * _BUSY

    def _hand_out(self) -> None:
        for task in sorted(self._waiting, key=lambda task: task.background):
            slot = self._slot_for_background() if task.background else self._slot_for(task)
            if slot is not None:
                self._waiting.remove(task)
                self._give(slot, task)
        workspace = self._workspace
        if workspace is None or self._waiting:
            return
        for number, slot in enumerate(self._slots):
            part = slot.warmed.get(workspace, 0)
            if slot.is_free and part < WARM_PARTS:
                slot.warmed[workspace] = part + 1
                query = WarmQuery(workspace, part)
                deadline = Deadline.after(_WARMING_S)
                # The first worker is a person's: who has just opened a file waits for all of this,
                # and once begun it cannot be hurried.
                spare = number > 0
                self._give(slot, _Task(next(self._ids), query, deadline, Future(), spare))

    def _slot_for(self, task: _Task) -> _Slot | None:
        """Who answers a person: who knows the place or works on it, else the first who is free."""
        if task.place is not None:
            for slot in self._slots:
                running = slot.task
                if running and running.place == task.place and not running.background:
                    return None
                if slot.is_free and task.place in slot.places:
                    return slot
        return next((slot for slot in self._slots if slot.is_free), None)

    def _slot_for_background(self) -> _Slot | None:
        """The last who is free, where another is left for a person."""
        last = next((slot for slot in reversed(self._slots) if slot.is_free), None)
        # Nobody else asks a command's workers. Where no second one starts, one does everything.
        alone = self._settings.workers == 1 or self._restarts.silent >= _HOPELESS
        if alone or not self._settings.ahead:
            return last
        left = any(slot.serves_a_person for slot in self._slots if slot is not last)
        return last if left else None

    def _retire(self, now: float) -> None:
        """End one worker that is at rest and has grown since it was warm."""
        for slot in self._slots:
            if not slot.is_free or slot.rested_at > now:
                continue
            slot.rested_at = math.inf
            if slot.answers < _WARM_ANSWERS:
                continue
            held = slot.process.resident_bytes()
            if not slot.warm_bytes:
                slot.warm_bytes = held
            others = any(other.is_free for other in self._slots if other is not slot)
            if others and held > slot.warm_bytes + self._settings.growth:
                _log.info("worker %d holds %d MiB and is replaced", slot.process.pid, held >> 20)
                slot.retired = True
                slot.process.kill()
                return

    def _give(self, slot: _Slot, task: _Task) -> None:
        slot.task = task
        task.begun = time.monotonic()
        task.computed = slot.process.processor_seconds()
        task.killed_at = max(task.begun + OVERSTAY_S, task.deadline.at)
        seconds = task.deadline.remaining()
        if self._workspace is not None and task.place is not None and not task.background:
            # A question warms as well, and the next one must not wait behind warming.
            slot.warmed[self._workspace] = WARM_PARTS
        if task.place is not None:
            # It goes on when it is late; the pool decides how long.
            seconds = max(seconds, LATE_S * _BUSY)
            slot.places[task.place] = None
            slot.places.move_to_end(task.place)
            while len(slot.places) > _PLACES:
                slot.places.popitem(last=False)
        # A process that is gone is noticed by its reading thread, which brings the task back.
        try:
            slot.process.ask(task.id, task.query, seconds, background=task.background)
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
            if slot.is_free:
                moments.append(slot.rested_at)
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
                self._failed(0.0)
            return
        with self._changed:
            if self._closed:
                process.kill()
            # Noted before it is listened to: who does not find the slot forgets what was said.
            self._slots.append(_Slot(process))
            process.listen()
        if self._closed:
            process.join()

    def _failed(self, lived: float) -> None:
        """A worker did not come to its first word."""
        self._next_start = time.monotonic() + self._restarts.died(spoke=False, lived=lived)

    def _replied(self, process: WorkerProcess, id: int, body: object) -> None:  # noqa: A002
        with self._changed:
            slot = next((s for s in self._slots if s.process is process), None)
            if isinstance(body, Ready):
                self._restarts = Restarts()
                self.trouble = _error(body.trouble) if body.trouble else None
                if slot is not None:
                    slot.ready = True
                self._changed.notify_all()
                return
            task = slot.task if slot is not None else None
            if slot is not None and task is not None and task.id == id:
                slot.task = None
                slot.answers += 1
                slot.rested_at = time.monotonic() + _REST_S
            self._changed.notify_all()
        if task is None or task.id != id:
            return
        if isinstance(body, Refused):
            _fail(task, _error(body))
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
                self._failed(time.monotonic() - process.began)
            lost = task is not None and not task.future.done()
            if task is not None and lost and not self._closed:
                # All workers may be killed at one moment: then the spare was dead, too.
                task.deaths += 1
                if task.deaths <= self._settings.workers:
                    self._waiting.appendleft(task)
                    lost = False
            self._changed.notify_all()
        if task is not None and not task.future.done():
            _log.warning("a worker died over a %s", type(task.query).__name__)
        if task is not None and lost:
            _settle(task, task.query.unanswered(_DIED))


def _error(refused: Refused) -> AnalysisError:
    return AnalysisError(refused.what, where=refused.where, help=refused.help)


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
