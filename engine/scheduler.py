"""What runs when: every request of one engine, from its arrival to its one answer.

Knows lanes, order, cancellation and failure; not what a request means (``features`` do). Each lane
has threads of its own: *forward* for what a person waits for, *background* for checks, *graph*,
*model* for completions, *repair* for what takes minutes. Who computes with the model between the
last two is ``lease``'s business.
"""

from __future__ import annotations

import itertools
import logging
import platform
import queue
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation
from analysis.errors import ExplainedError
from analysis.findings import Finding
from decoding.errors import CancelledError
from engine.context import Context
from engine.features import ROUTES
from engine.request import Failure, Lane, Progress, Request, Route

_log = logging.getLogger(__name__)
Reply = Callable[[object], None]

#: Requests that wait on other processes at once; they cost a thread each and no computing.
FORWARD_THREADS = 8
#: Checks, downloads and warming at once: a person's questions have threads of their own.
BACKGROUND_THREADS = 8
#: Questions to code graphs that wait at once: a project's first reading must not keep others from
#: theirs, however many lenses of a file wait for it.
GRAPH_THREADS = 4
CANCELLED = Failure("cancelled", "the request was cancelled")
SUPERSEDED = Failure("cancelled", "a newer request for the same document took its place")


@dataclass(slots=True, eq=False)
class ScheduledRequest:
    """One request on its way to one answer."""

    id: int
    request: Request[Any]
    route: Route[Any]
    reply: Reply
    waiting: Callable[[], int]
    cancellation: Cancellation = field(default_factory=Cancellation)
    began: bool = False
    answered: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: object) -> None:
        """Reply, unless something else was replied before."""
        with self.lock:
            if self.answered:
                return
            self.answered = True
        self.reply(body)

    def progress(self, message: str, fraction: float = -1.0) -> None:
        """Say how far it is, while it is not answered."""
        self._tell(Progress(message, fraction))

    def found(self, findings: tuple[Finding, ...]) -> None:
        """Say what a check has found so far, while it is not answered."""
        self._tell(Progress("checking", found=findings))

    def _tell(self, progress: Progress) -> None:
        with self.lock:
            if not self.answered:
                self.reply(progress)


_Lane = queue.SimpleQueue[tuple[int, ScheduledRequest] | None]


class Scheduler:
    """Runs requests. ``submit``, ``cancel`` and ``close`` may be called from any thread."""

    def __init__(
        self, context: Context, routes: Mapping[type[Request[Any]], Route[Any]] = ROUTES
    ) -> None:
        self._context = context
        self._routes = routes
        self._lock = threading.Lock()
        self._jobs: dict[int, ScheduledRequest] = {}
        self._numbers = itertools.count()
        self._forward = ThreadPoolExecutor(FORWARD_THREADS, "engine-forward")
        self._background = ThreadPoolExecutor(BACKGROUND_THREADS, "engine-background")
        self._graph = ThreadPoolExecutor(GRAPH_THREADS, "engine-graphs")
        self._model: _Lane = queue.SimpleQueue()
        self._repair: _Lane = queue.SimpleQueue()
        for name, lane in (("model", self._model), ("repair", self._repair)):
            threading.Thread(
                target=self._drain, args=(lane,), name=f"engine-{name}", daemon=True
            ).start()

    def submit(self, id: int, request: Request[Any], reply: Reply) -> None:  # noqa: A002
        """Run ``request`` and call ``reply`` with progress and, once, the answer or a
        :class:`~engine.request.Failure`. Replies come on the scheduler's threads."""
        route = self._routes.get(type(request))
        if route is None:
            reply(Failure("explained", f"{type(request).__name__} is not answered here", "engine"))
            return
        job = ScheduledRequest(id, request, route, reply, self.waiting)
        number = next(self._numbers)
        with self._lock:
            older = [j for j in self._jobs.values() if _supersedes(job, j)]
            self._jobs[number] = job
        for previous in older:
            self._stop(previous, SUPERSEDED)
        if route.lane is Lane.MODEL:
            self._model.put((number, job))
        elif route.lane is Lane.REPAIR:
            self._repair.put((number, job))
        elif route.lane is Lane.INLINE:
            self._run(number, job)
        elif route.lane is Lane.BACKGROUND:
            self._background.submit(self._run, number, job)
        elif route.lane is Lane.GRAPH:
            self._graph.submit(self._run, number, job)
        else:
            self._forward.submit(self._run, number, job)

    def cancel(self, id: int) -> None:  # noqa: A002
        """Stop a request. It is answered at once; the work behind it ends within 50 ms."""
        with self._lock:
            meant = [job for job in self._jobs.values() if job.id == id]
        for job in meant:
            self._stop(job, CANCELLED)

    def waiting(self) -> int:
        """How many requests are not yet answered."""
        with self._lock:
            return sum(not job.answered for job in self._jobs.values())

    def close(self) -> None:
        """Cancel everything and end the threads that hold nothing."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancellation.cancel()
            job.answer(CANCELLED)
        for lane in (self._model, self._repair):
            lane.put(None)
        for pool in (self._forward, self._background, self._graph):
            pool.shutdown(wait=False, cancel_futures=True)

    def _stop(self, job: ScheduledRequest, failure: Failure) -> None:
        # A repair that began answers for itself, with what it has until then.
        if not (job.route.partial_result and job.began):
            job.answer(failure)
        job.cancellation.cancel()

    def _drain(self, lane: _Lane) -> None:
        while (item := lane.get()) is not None:
            self._run(*item)

    def _run(self, number: int, job: ScheduledRequest) -> None:
        job.began = True
        try:
            if job.cancellation.cancelled:
                job.answer(CANCELLED)
            else:
                job.answer(job.route.run(job.request, self._context, job))
        except CancelledError:
            job.answer(CANCELLED)
        except ExplainedError as error:
            job.answer(Failure("explained", error.what, error.where, error.help))
        except BaseException as error:  # noqa: BLE001 - invariant 10: the request fails alone,
            # and its lane goes on: a monitor of a third party may raise SystemExit as well.
            job.answer(bug(error, type(job.request).__name__))
        finally:
            with self._lock:
                self._jobs.pop(number, None)


def _supersedes(newer: ScheduledRequest, older: ScheduledRequest) -> bool:
    key = newer.route.document(newer.request)
    return key is not None and key == older.route.document(older.request)


def bug(error: BaseException, during: str) -> Failure:
    """A report of an error that cannot happen: type, place, versions; no message, which could
    hold source text, and no traceback of the user's."""
    frames = traceback.extract_tb(error.__traceback__)
    place = "?"
    if frames:
        file = Path(frames[-1].filename)
        place = f"{frames[-1].name} ({'/'.join(file.parts[-2:])}:{frames[-1].lineno})"
    line = f"{type(error).__name__} in {place} during {during}"
    _log.error("bug: %s", line)
    _log.debug("details", exc_info=error)
    return Failure(
        "bug",
        line,
        where=f"pilotfish {version('pilotfish')}, Python {platform.python_version()}",
        help="this is a bug in Pilotfish; please report this line",
    )
