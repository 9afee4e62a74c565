"""Main of the worker process: one query at a time, in order, until the input ends.

Started by ``pool`` as ``python -I -m analysis.worker.main CACHE_DIRECTORY MEMORY_BYTES NICE``. A
second thread reads, so that the end of the input (the parent is gone) ends this process at once,
whatever jedi is doing. A third one answers what nobody waits for: on Linux niceness belongs to a
thread, and no process may lower its own again. Standard output is the wire; what else prints goes
to standard error.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil

from analysis import children
from analysis.children import take_the_wire
from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.private import own_folder
from analysis.snapshot import Snapshot
from analysis.text.overlay import Overlay, looking_through
from analysis.worker.queries import REQUESTS, Broken, Query, Ready, Refused, Within

if TYPE_CHECKING:
    from analysis.semantics.reference import ReferenceProvider

#: When garbage is looked for (gc.set_threshold). jedi's trees are long-lived and full of cycles;
#: going through them as often as Python does by itself took a quarter of a cold check: over click
#: one process did 416 lines/s by default, 540 so, 562 without any collection, in 178, 210, 251 MB.
_COLLECTED = (20_000, 20, 50)
#: The part of the memory limit above which a worker ends after an answer, to be replaced.
_WORN = 0.7
#: jedi's inference is deeply recursive; below this its own limits end it first.
_RECURSION = 3000
#: The stack of a thread that runs jedi, in bytes: twice that of a main thread.
_STACK = 16 * 1024 * 1024


def main() -> int:
    """Serve until the input ends or this process is worn; the exit status."""
    cache_directory, memory, yielding = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    channel = take_the_wire(REQUESTS)
    _limit(memory)
    sys.setrecursionlimit(_RECURSION)
    threading.stack_size(_STACK)
    # jedi warns of modules that it cannot load; standard error belongs to what a person can fix.
    warnings.simplefilter("ignore")
    with contextlib.suppress(OSError):
        own_folder(Path(cache_directory))
    provider = _provider(cache_directory)
    inbox: queue.SimpleQueue[children.Message] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(channel, inbox), daemon=True).start()
    # One query runs at a time, on one thread or the other: the provider is not thread-safe.
    background = ThreadPoolExecutor(1, "background", _yield, (yielding,))
    trouble = provider if isinstance(provider, Refused) else None
    channel.send(0, Ready(os.getpid(), trouble))
    gc.freeze()
    gc.set_threshold(*_COLLECTED)
    while True:
        message = inbox.get()
        deadline, yields = Deadline.never(), False
        if isinstance(message.body, Within):
            yields = message.body.background
            if message.body.seconds >= 0:
                deadline = Deadline.after(message.body.seconds)
            message = inbox.get()
        if yields:
            answer = background.submit(_answer, message.body, provider, deadline).result()
        else:
            answer = _answer(message.body, provider, deadline)
        try:
            channel.send(message.id, answer)
        except AnalysisError as error:
            channel.send(message.id, Refused(error.what, error.where, error.help))
        if psutil.Process().memory_info().rss > memory * _WORN:
            return 0


def _provider(cache_directory: str) -> ReferenceProvider | Refused:
    """What answers, or why nothing does: the jedi that is installed may not fit."""
    try:
        from analysis.semantics.reference import ReferenceProvider

        return ReferenceProvider(cache_directory)
    except AnalysisError as error:
        return Refused(error.what, error.where, error.help)


def _answer(query: object, provider: ReferenceProvider | Refused, deadline: Deadline) -> object:
    if isinstance(provider, Refused):
        return provider
    asked = cast(Query, query)  # the registry holds nothing else
    snapshot: Snapshot | None = getattr(asked, "snapshot", None)
    around = Overlay(stable=True) if snapshot is None else snapshot.overlay()
    try:
        with looking_through(around):
            return asked.answer(provider, deadline)
    except AnalysisError as error:
        return Refused(error.what, error.where, error.help)
    except MemoryError:
        return asked.unanswered("the analysis needed too much memory")
    except Exception as error:  # noqa: BLE001 - a query fails alone (invariant 10)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return Broken(type(error).__name__, f"{frame.name} ({frame.filename}:{frame.lineno})")


def _read(channel: children.Peer, inbox: queue.SimpleQueue[children.Message]) -> None:
    with contextlib.suppress(AnalysisError, OSError):
        for message in channel.messages():
            inbox.put(message)
    os._exit(0)


def _yield(yielding: int) -> None:
    """Nice the calling thread. Elsewhere than on Linux this would nice the whole process, and with
    it what a person waits for."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.nice(yielding)


def _limit(memory: int) -> None:
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (memory * 2, memory * 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Not sys.exit: the reading thread must not keep this process.
    os._exit(status)
