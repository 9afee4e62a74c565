"""Jobs in the background: a queue by priority, workers, retries and a rate limit."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Optional, Tuple

Work = Callable[[], Awaitable[Any]]


@dataclass
class Job:
    """Something to do; a lower ``priority`` goes first."""

    name: str
    work: Work
    priority: int = 10
    retries: int = 0
    timeout: Optional[float] = None
    state: str = "waiting"
    attempts: int = 0
    result: Any = None
    error: Optional[BaseException] = None


@dataclass
class Summary:
    """What a run of the queue came to."""

    done: List[str] = field(default_factory=list)
    failed: Dict[str, str] = field(default_factory=dict)
    skipped: List[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return not self.failed and not self.skipped


class JobQueue:
    """Runs jobs, at most ``workers`` at a time."""

    def __init__(self, workers: int = 2) -> None:
        if workers < 1:
            raise ValueError("at least one worker is needed")
        self.workers = workers
        self._heap: List[Tuple[int, int, Job]] = []
        self._numbers = itertools.count()
        self._jobs: Dict[str, Job] = {}
        self._needs: Dict[str, List[str]] = {}

    def __len__(self) -> int:
        return len(self._heap)

    def add(
        self,
        name: str,
        work: Work,
        *,
        priority: int = 10,
        retries: int = 0,
        timeout: Optional[float] = None,
        needs: Iterable[str] = (),
    ) -> Job:
        """Put a job into the queue; what it ``needs`` was added before and runs first."""
        if name in self._jobs:
            raise ValueError(f"there is a job {name!r} already")
        required = list(needs)
        for other in required:
            if other not in self._jobs:
                raise ValueError(f"{name!r} needs unknown {other!r}")
        job = Job(name, work, priority, retries, timeout)
        self._jobs[name] = job
        self._needs[name] = required
        heapq.heappush(self._heap, (priority, next(self._numbers), job))
        return job

    def cancel(self, name: str) -> bool:
        """Take a waiting job out; says whether it was still waiting."""
        job = self._jobs.get(name)
        if job is None or job.state != "waiting":
            return False
        job.state = "cancelled"
        self._heap = [entry for entry in self._heap if entry[2] is not job]
        heapq.heapify(self._heap)
        return True

    def _ready(self) -> Optional[Job]:
        """The next job whose needs are done; ``None`` when all that wait must wait on."""
        held = []
        found = None
        while self._heap:
            entry = heapq.heappop(self._heap)
            states = [self._jobs[other].state for other in self._needs[entry[2].name]]
            if any(state in ("failed", "cancelled", "skipped") for state in states):
                entry[2].state = "skipped"
                continue
            if all(state == "done" for state in states):
                found = entry[2]
                break
            held.append(entry)
        for entry in held:
            heapq.heappush(self._heap, entry)
        return found

    async def _execute(self, job: Job) -> None:
        job.state = "running"
        while True:
            job.attempts += 1
            try:
                job.result = await asyncio.wait_for(job.work(), job.timeout)
            except asyncio.TimeoutError:
                job.error = TimeoutError(f"took longer than {job.timeout} s")
            except Exception as error:
                job.error = error
            else:
                job.error = None
                job.state = "done"
                return
            if job.attempts > job.retries:
                job.state = "failed"
                return

    async def run(self) -> Summary:
        """Run until nothing is left; a failed job skips those that need it."""
        running: "set[asyncio.Task[None]]" = set()
        started: List[Job] = []
        while True:
            while len(running) < self.workers:
                job = self._ready()
                if job is None:
                    break
                started.append(job)
                running.add(asyncio.ensure_future(self._execute(job)))
            if not running:
                break
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        summary = Summary()
        for job in started:
            if job.state == "done":
                summary.done.append(job.name)
            else:
                summary.failed[job.name] = str(job.error)
        summary.skipped = [job.name for job in self._jobs.values() if job.state == "skipped"]
        return summary


async def gather_limited(works: Iterable[Work], limit: int) -> List[Any]:
    """Results in the order of ``works``, at most ``limit`` running at a time."""
    gate = asyncio.Semaphore(limit)

    async def guarded(work: Work) -> Any:
        async with gate:
            return await work()

    return list(await asyncio.gather(*(guarded(work) for work in works)))


class Throttle:
    """Lets ``limit`` calls through in any ``period`` seconds."""

    def __init__(self, limit: int, period: float, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.period = period
        self._clock = clock
        self._times: List[float] = []

    def wait_time(self) -> float:
        """Seconds until the next call may go; 0 when it may now."""
        now = self._clock()
        self._times = [moment for moment in self._times if now - moment < self.period]
        if len(self._times) < self.limit:
            return 0.0
        return self._times[-self.limit] + self.period - now

    def try_call(self) -> bool:
        """Take a turn if there is one."""
        if self.wait_time() > 0:
            return False
        self._times.append(self._clock())
        return True


class Debounce:
    """Calls ``action`` once things have been quiet for ``delay`` seconds."""

    def __init__(self, delay: float, action: Callable[[Any], Awaitable[None]]) -> None:
        self.delay = delay
        self.action = action
        self._pending: "Optional[asyncio.Task[None]]" = None

    def trigger(self, value: Any) -> None:
        """Something happened; only the last of a burst is acted on."""
        if self._pending is not None:
            self._pending.cancel()
        self._pending = asyncio.ensure_future(self._later(value))

    async def _later(self, value: Any) -> None:
        await asyncio.sleep(self.delay)
        self._pending = None
        await self.action(value)

    async def flush(self) -> None:
        """Wait for what is pending."""
        if self._pending is not None:
            await asyncio.gather(self._pending, return_exceptions=True)
