"""One run in a fork of its own: what it said, how it ended, and nothing left of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from typing import Any

from . import gathering, isolation


def in_fork(
    work: Any,
    wall: float,
    idle: float = 0.0,
    importing: float = 0.0,
    ask_first: int = 0,
    early: Any = (),
) -> dict[str, Any]:
    """Run ``work(emit)`` in a fork for at most ``wall`` seconds, or ``idle`` without an event,
    ``importing`` longer before the first test; for one of the times ``early``, where a test is
    bad by then.

    ``emit`` says an event; what ``work`` returns is the exit code. ``ask_first`` is a signal at
    which the fork says what it held back, sent before it is ended; 0 is none.
    """
    events_in, events_out = os.pipe()
    output_in, output_out = os.pipe()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(events_in)
            os.close(output_in)
            _work(work, events_out, output_out)
        finally:
            os._exit(70)
    os.close(events_out)
    os.close(output_out)
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # The child did it first, or is gone.
    last_words = (pid, ask_first) if ask_first else None
    gathered, output, heard = gathering.gather(
        events_in,
        output_in,
        begun + wall,
        idle,
        importing,
        last_words,
        [begun + seconds for seconds in early],
    )
    if heard != "done":
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    isolation.end_children()
    events = gathering.decode(gathered)
    ending = bool(events) and "code" in events[-1] and "trace" not in events[-1]
    code = events.pop()["code"] if ending else None
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if heard != "done":
        ended = heard
    elif killed == signal.SIGPROF:
        ended = "timeout"
    else:
        ended = "done" if code is not None else "crash"
    return {
        "ended": ended,
        "code": code,
        "signal": killed,
        "events": events,
        "output": output.decode("utf-8", "replace"),
        "seconds": time.monotonic() - begun,
    }


def nothing_run(why: str) -> dict[str, Any]:
    """The same where new code does not fit what is loaded."""
    events = [{"cannot": why}]
    return {"ended": "done", "code": None, "events": events, "output": "", "seconds": 0.0}


def _work(work: Any, events_out: int, output_out: int) -> None:
    """In the fork. Never returns."""
    os.setpgid(0, 0)
    os.dup2(output_out, 1)
    os.dup2(output_out, 2)
    os.close(output_out)
    stream = os.fdopen(events_out, "wb", buffering=0)

    def emit(event: dict[str, Any]) -> None:
        stream.write(json.dumps(event).encode() + b"\n")

    try:
        code = work(emit)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 71
    # Before the last word: nobody reads on after it.
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except (OSError, ValueError, AttributeError):
            pass
    emit({"code": code})
    os._exit(0)
