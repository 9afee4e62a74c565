"""Main of the engine process: frames in, frames out, and an end that is never missed.

Started by ``engine.client`` as ``python -I -m engine.process``. The main thread reads requests; it
ends when its input ends, and on Linux the kernel ends it with its parent, so that no engine is
ever left over. Standard output is the wire: whatever else prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import BinaryIO

from analysis import wire
from analysis.errors import AnalysisError
from engine import logs
from engine.context import Context
from engine.features import MESSAGES
from engine.request import CancelRequest, Failure, Hello, Request
from engine.scheduler import Scheduler

_log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> int:
    """Serve until the input ends; the exit status."""
    _end_with_parent()
    requests, answers = _take_the_wire()
    faulthandler.enable()
    logs.start("info")
    scheduler = Scheduler(context := Context())
    writing = threading.Lock()

    def send(id: int, body: object) -> None:  # noqa: A002 - the wire's own word
        # A closed pipe means that the parent is gone, which ends the reading loop too.
        with writing, contextlib.suppress(OSError, ValueError):
            try:
                wire.write(answers, id, body)
            except AnalysisError as error:
                wire.write(answers, id, Failure("explained", error.what, where="engine"))

    send(0, Hello(os.getpid(), version("pilotfish")))
    try:
        received = wire.Received()
        while (message := wire.read(requests, MESSAGES, received)) is not None:
            _route(message, scheduler, send)
    except AnalysisError as error:
        _log.error("the front door sent what is no message: %s", error.what)
        return 2
    finally:
        scheduler.close()
        context.close()
    return 0


def _route(
    message: wire.Message, scheduler: Scheduler, send: Callable[[int, object], None]
) -> None:
    body = message.body
    if isinstance(body, CancelRequest):
        scheduler.cancel(body.request_id)
    elif isinstance(body, Request):
        scheduler.submit(message.id, body, partial(send, message.id))
    else:
        send(message.id, Failure("bug", f"{type(body).__name__} is not a request", where="engine"))


def _end_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends (prctl(2)).

    Elsewhere than on Linux, and for a parent that ended before this call, the end of the input has
    to do. A parent's process id tells nothing: in a container the front door itself has id 1.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_the_wire() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of standard input and output, which children do not inherit; what is left in
    their places reads nothing and prints to standard error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stderr.flush()
    # Not sys.exit: a thread inside the model or a library must not keep this process.
    os._exit(status)
