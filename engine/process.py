"""Main of the engine process: frames in, frames out, and an end that is never missed.

Started by ``engine.client`` (see ``analysis.children``). The main thread reads requests and ends
when its input ends. Standard output is the wire: whatever else prints goes to standard error.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

from analysis import children
from analysis.children import take_the_wire
from analysis.errors import AnalysisError
from engine import logs
from engine.context import Context
from engine.features import MESSAGES
from engine.request import CancelRequest, Failure, Hello, Request
from engine.scheduler import Scheduler

_log = logging.getLogger(__name__)


def main() -> int:
    """Serve until the input ends; the exit status."""
    channel = take_the_wire(MESSAGES)
    faulthandler.enable()
    logs.start("info")
    scheduler = Scheduler(context := Context())

    def send(id: int, body: object) -> None:  # noqa: A002 - the wire's own word
        # The front door that is gone ends the reading loop, too.
        try:
            channel.send(id, body)
        except AnalysisError as error:
            channel.send(id, Failure("explained", error.what, where="engine"))

    send(0, Hello(os.getpid(), version("pilotfish")))
    try:
        for message in channel.messages():
            _route(message, scheduler, send)
    except AnalysisError as error:
        _log.error("the front door sent what is no message: %s", error.what)
        return 2
    finally:
        scheduler.close()
        context.close()
    return 0


def _route(
    message: children.Message, scheduler: Scheduler, send: Callable[[int, object], None]
) -> None:
    body = message.body
    if isinstance(body, CancelRequest):
        scheduler.cancel(body.request_id)
    elif isinstance(body, Request):
        scheduler.submit(message.id, body, partial(send, message.id))
    else:
        send(message.id, Failure("bug", f"{type(body).__name__} is not a request", where="engine"))


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stderr.flush()
    # Not sys.exit: a thread inside the model or a library must not keep this process.
    os._exit(status)
