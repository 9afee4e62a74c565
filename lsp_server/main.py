"""Runs the server on standard input and output until the client ends it or is gone.

``initialize`` is answered first and everything heavy is imported after that.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
from typing import TYPE_CHECKING

from lsp_server.handshake import Greeting, greet
from lsp_server.stdio import BrokenStreamError, Stdio

if TYPE_CHECKING:
    from lsp_server.server import Server

log = logging.getLogger(__name__)

#: How often a parent is looked for where the system cannot tell of its end, in seconds.
_PARENT_POLL_SECONDS = 2.0


def run(log_level: str = "warning") -> int:
    """Serve one client; the exit code of the process (0 after ``shutdown`` and ``exit``, else 1).

    Logs go to standard error. ``debug`` may include source text.
    """
    stdio = Stdio.take()
    logging.basicConfig(
        stream=sys.stderr,
        level=log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if log_level != "debug":
        # pygls logs the bodies of messages at every level (invariant 7).
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
    greeting = greet(stdio)
    if greeting is None:
        stdio.writer.close()
        return 1
    code = asyncio.run(_serve(stdio, greeting))
    stdio.writer.close()
    return code


async def _serve(stdio: Stdio, greeting: Greeting) -> int:
    # Hundreds of classes are made here, none of them garbage: collecting meanwhile only costs.
    gc.disable()
    from analysis import heap
    from engine.client import EngineProcess
    from lsp_server.features import FEATURES
    from lsp_server.server import Server

    gc.enable()
    gc.freeze()
    heap.bound()

    server = Server(greeting, EngineProcess)
    try:
        for feature in FEATURES:
            feature.register(server)
        server.begin(greeting)
        return await _handle_messages(server, stdio)
    finally:
        server.session.engine.close()


async def _handle_messages(server: Server, stdio: Stdio) -> int:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[bytes | BrokenStreamError | None] = asyncio.Queue()
    ended: list[int] = []
    server.protocol.set_writer(stdio.writer)
    server.protocol.on_exit = ended.append
    stdio.listen(lambda item: _post(loop, inbox, item))
    watching = _watch_parent(loop, inbox, server.session.client.process_id)
    while not ended:
        item = await inbox.get()
        if item is None or isinstance(item, BrokenStreamError):
            if item is not None:
                log.error("the client does not speak the protocol: %s", item)
            ended.append(1)
            break
        server.protocol.receive(item)
        # Handlers take their view of a document in their first step: give it to them before the
        # next message can change the document.
        await asyncio.sleep(0)
    watching.cancel()
    return ended[0]


def _post(
    loop: asyncio.AbstractEventLoop,
    inbox: asyncio.Queue[bytes | BrokenStreamError | None],
    item: bytes | BrokenStreamError | None,
) -> None:
    with contextlib.suppress(RuntimeError):  # the loop closed first: nobody is left to tell
        loop.call_soon_threadsafe(inbox.put_nowait, item)


def _watch_parent(
    loop: asyncio.AbstractEventLoop,
    inbox: asyncio.Queue[bytes | BrokenStreamError | None],
    process_id: int | None,
) -> asyncio.Task[None]:
    """End the input when the client's process ends, even if another holds our pipe open."""

    async def watch() -> None:
        if process_id is None:
            return
        gone = asyncio.Event()
        try:
            handle = os.pidfd_open(process_id)
        except AttributeError:
            await _poll(process_id)
        except OSError:
            # There is no such process: then it does not live where we do, and cannot be watched.
            return
        else:
            loop.add_reader(handle, gone.set)
            try:
                await gone.wait()
            finally:
                loop.remove_reader(handle)
                os.close(handle)
        inbox.put_nowait(None)

    return asyncio.ensure_future(watch())


async def _poll(process_id: int) -> None:
    import psutil

    while psutil.pid_exists(process_id):
        await asyncio.sleep(_PARENT_POLL_SECONDS)
