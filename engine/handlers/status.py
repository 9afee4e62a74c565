"""``StatusRequest``: what is loaded and running. Answered at once, whatever else runs."""

from __future__ import annotations

import os

import psutil

from engine.context import Context
from engine.messages import StatusAnswer, StatusRequest


def status(request: StatusRequest, context: Context, waiting: int) -> StatusAnswer:
    """The state of this engine; ``resident_bytes`` is of this process alone."""
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
        waiting=waiting,
        resident_bytes=psutil.Process().memory_info().rss,
    )
