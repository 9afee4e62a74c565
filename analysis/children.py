"""Pilotfish's own processes: started isolated, asked over the wire, ended with who started them.

:class:`Child` is one of them seen from outside, :func:`take_the_wire` is its end of the wire, and
:class:`Restarts` says when one that died is started again. The sandbox has a protocol of its own.

A child reads its input, and so sees the end of it, but not while it computes. So each holds the end
of a second pipe, on which nothing is ever written. When the other end closes, because its holder
was killed, the kernel sends a signal, which ends the process, whatever it does (fcntl(2),
``O_ASYNC``): on Linux ``SIGKILL``, else ``SIGIO``, for which it has no handler.
``PR_SET_PDEATHSIG`` would not do: it looks at the thread that started the child, and the pools'
threads come and go.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import select
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from analysis import wire

#: Waits before the next start, from the second death in a row on; the first is fixed at once.
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
#: A child that lived for so many seconds died for a new reason: the waits begin anew.
STEADY_SECONDS = 30.0


class Child(wire.Peer):
    """``module`` run with ``arguments`` as by :func:`start`. ``replies`` are what it may say, its
    standard error is appended to ``log`` or is this process's. Raises ``OSError``."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        replies: Mapping[str, type[Any]],
        log: Path | None = None,
    ) -> None:
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(log.open("ab")) if log else None
            self._process = start(module, *arguments, stderr=errors)
        output, input_ = self._process.stdout, self._process.stdin
        super().__init__(cast(BinaryIO, output), cast(BinaryIO, input_), replies)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def hang_up(self) -> None:
        """Close its input, which ends it."""
        with contextlib.suppress(OSError, ValueError):
            self.outgoing.close()

    def end(self, seconds: float = 0.0) -> int:
        """Wait so long for its end, and kill it then; its exit status (negative: a signal)."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._process.wait()
        # Not before: a thread that writes to it holds the stream until it is gone.
        for pipe in (self.incoming, self.outgoing):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
        return status


class Restarts:
    """When a child that died is started again: at once, then after growing waits."""

    def __init__(self) -> None:
        self._deaths = 0
        #: Starts in a row that came to nothing: without a word of the child.
        self.silent = 0

    def died(self, *, spoke: bool, lived: float) -> float:
        """A child died after so many seconds: how many to wait before the next one is started."""
        self.silent = 0 if spoke else self.silent + 1
        self._deaths = 1 if lived > STEADY_SECONDS else self._deaths + 1
        return PAUSES[min(self._deaths - 2, len(PAUSES) - 1)] if self._deaths > 1 else 0.0


def take_the_wire(known: Mapping[str, type[Any]]) -> wire.Peer:
    """A child's end of the wire: private copies of its standard input and output, which its own
    children do not inherit. What is left in their places reads nothing and prints to standard
    error."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return wire.Peer(requests, replies, known)


def start(module: str, *arguments: str, stderr: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """``module`` run with ``arguments`` by Pilotfish's own interpreter, isolated, with pipes for
    input and output; standard error is this process's or ``stderr``. Raises ``OSError``.

    It starts in the root folder, which no other user can write to, without variables of Python, in
    a session of its own: a terminal's Ctrl-C is for the front door.
    """
    ours = theirs = -1
    if sys.platform != "win32":
        theirs, ours = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", __name__, str(theirs), module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=Path(sys.executable).anchor,
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
            pass_fds=(theirs,) if theirs >= 0 else (),
            start_new_session=True,
        )
    except OSError:
        if ours >= 0:
            os.close(ours)
        raise
    finally:
        if theirs >= 0:
            os.close(theirs)
    if ours >= 0:
        weakref.finalize(process, os.close, ours)
    return process


def _end_with(lifeline: int) -> None:
    if sys.platform == "win32" or lifeline < 0:
        return
    import fcntl

    os.set_inheritable(lifeline, False)
    with contextlib.suppress(OSError):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        if sys.platform == "linux":
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # The other end closed before.
        os._exit(0)


if __name__ == "__main__":
    _end_with(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
