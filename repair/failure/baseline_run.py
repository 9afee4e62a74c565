"""The baseline run: the very command, run by the shell without any patch.

It runs beside the diagnosis and the search, since nothing of it depends on them, and settles two
things: that there is a failure at all (invariant 9), and whether a test that seems to hang is only
slow.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import replace
from enum import StrEnum

from analysis.deadline import Cancellation
from decoding.errors import CancelledError
from repair.errors import RepairError
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.policy import Policy
from repair.sandbox.run import Plan, Run, Terms

#: A command is watched for so long.
_WALL_S = 60.0
#: One that seems to hang has hung when it has not ended after so long, and after so many times
#: what it takes with the patch, which ran beside the search.
_HANGS_S = 4.0
_HANGS_TIMES = 2.0
#: Why a command that began is not known to fail.
_SLOW = "it did not end in time"
#: What hangs would keep a processor from the search.
_NICE = 5


class Seen(StrEnum):
    """How the command fares without the patch. It is ``unknown`` where no run came to an end."""

    FAILS = "fails"
    PASSES = "passes"
    UNKNOWN = "unknown"


class BaselineRun:
    """Runs the shell command ``command`` on the workspace as it is, for at most ``wall`` seconds.
    Close it."""

    def __init__(
        self,
        policy: Policy,
        command: str,
        target: str,
        base: Mapping[str, bytes],
        wall: float = _WALL_S,
    ) -> None:
        self._wall = wall
        self._why_not = "the sandbox did not start in time"
        self._policy = replace(policy, limits=replace(policy.limits, nice=_NICE))
        self._target, self._base = target, dict(base)
        self._plan = Plan("command", command, (), policy.workspace)
        self._stop = Cancellation()
        self._thread = ThreadPoolExecutor(1, "witness")
        self._began = time.monotonic()
        self._run: Future[Run | None] = self._thread.submit(self._watch)

    def _watch(self) -> Run | None:
        try:
            with ForkServer(self._policy, self._target, 1, cancellation=self._stop) as server:
                self._why_not = _SLOW
                return server.run(self._plan, self._base, Terms(wall=self._wall))
        except (RepairError, CancelledError, OSError) as error:
            self._why_not = error.what if isinstance(error, RepairError) else str(error)
            return None

    def ended(self) -> bool:
        """Whether the command came to an end by itself, so far."""
        if not self._run.done():
            return False
        run = self._run.result()
        return run is not None and run.ended != "timeout"

    def seen(self, *, hung: bool, fixed_s: float) -> tuple[Seen, str]:
        """How the command fares without the patch, and in words why that is no failure.

        ``hung``: it is thought to hang; with a patch it ends after ``fixed_s`` seconds. Waits for
        the command to end, or to hang for long enough.
        """
        enough = max(_HANGS_S, _HANGS_TIMES * fixed_s) if hung else 2 * self._wall
        try:
            run = self._run.result(max(0.0, self._began + enough - time.monotonic()))
        except NotYetError:
            run = None
        if run is None or run.ended == "timeout":
            if hung and self._why_not == _SLOW:
                return Seen.FAILS, ""
            return Seen.UNKNOWN, f"the command could not be run without the patch: {self._why_not}"
        if run.ended == "done" and run.code == 0:
            return Seen.PASSES, "the command passes without the patch"
        return Seen.FAILS, ""

    def close(self) -> None:
        """End the command if it still runs."""
        self._stop.cancel()
        self._thread.shutdown()
