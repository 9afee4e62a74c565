"""Starts processes of Pilotfish's own, each of which ends with the process that started it.

A child reads its input, and so sees the end of it, but not while it computes. So each holds the end
of a second pipe, on which nothing is ever written. When the other end closes, because its holder
was killed, the kernel sends ``SIGIO``, which ends a process that has no handler for it, whatever it
does (fcntl(2), ``O_ASYNC``). ``PR_SET_PDEATHSIG`` would not do: it looks at the thread that started
the child, and the pools' threads come and go.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import select
import subprocess
import sys
import weakref
from pathlib import Path


def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """``module`` run with ``arguments`` by Pilotfish's own interpreter, isolated, with pipes for
    input and output; standard error is this process's. Raises ``OSError``.

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
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # The other end closed before.
        os._exit(0)


if __name__ == "__main__":
    _end_with(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
