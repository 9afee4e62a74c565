"""What is loaded and running. Answered at once, whatever else runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """State for a status bar: model name (or why there is none), worker pids, engine pid.

    ``model_state`` is ``unloaded``, ``loading``, ``loaded`` or ``missing``; ``model_reason`` says
    why it is missing and ``model_help`` what helps. ``analysis_reason`` says why no file is
    analysed. ``waiting`` counts requests not yet answered. ``resident_bytes`` is of the engine's
    process alone.
    """

    engine_pid: int
    model: str
    model_state: str
    worker_pids: tuple[int, ...] = ()
    resident_bytes: int = 0
    model_reason: str = ""
    model_help: str = ""
    waiting: int = 0
    analysis_reason: str = ""


@dataclass(frozen=True, slots=True)
class StatusRequest(Request[StatusAnswer]):
    """What is loaded and running?"""


def _run(request: StatusRequest, context: Context, caller: Caller) -> StatusAnswer:
    import psutil

    del request
    model = context.writers.state()
    return StatusAnswer(
        engine_pid=os.getpid(),
        model=model.name or context.machine.model,
        model_state=model.state,
        model_reason=model.reason,
        model_help=model.help,
        worker_pids=context.worker_pids(),
        analysis_reason=context.analysis_trouble(),
        waiting=caller.waiting(),
        resident_bytes=psutil.Process().memory_info().rss,
    )


ROUTE = Route(StatusRequest, StatusAnswer, _run, Lane.INLINE)
