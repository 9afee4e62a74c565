"""One run in a fork of its own: what it said, how it ended, and nothing left of it."""

from __future__ import annotations

import gc
import json
import os
import re
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

from . import isolation


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
    gathered, output, heard = gather(
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
    events = decode(gathered)
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


# ----------------------------------------------------------------------
# What a fork says, read from its pipes within its time.


_OUTPUT_TAIL = 8192
#: How long a process that is traced block by block may say what it held back.
_LAST_WORDS_S = 0.3
_EVENT_BYTES = 16 * 1024 * 1024
#: How the event of a test's begin starts (``Reporter.start``); inside of texts quotes are escaped.
_BEGINS = b'{"start": '
#: The same of the last one.
_ENDS = b'{"code": '
#: What the event of a test that is bad holds (``Reporter.finish``), and how long that is at most.
_BAD = (b'"outcome": "failed"', b'"outcome": "error"')
_BAD_BYTES = max(map(len, _BAD))


def gather(
    events_in: int,
    output_in: int,
    until: float,
    idle: float,
    importing: float = 0.0,
    last_words: Any = None,
    early: Any = (),
) -> tuple[Any, ...]:
    """Read both pipes until the events end or the time does; keep a bounded part of each.

    ``idle`` seconds without an event (0: any time) end it too: one test hangs. Until the first test
    begins silence may last ``importing`` longer: no test is to blame for that. ``last_words`` are a
    process and a signal: it is sent that before the end, and heard a moment longer. At each of
    the times ``early`` it ends already if a test is bad by then.

    Returns what was read of each, and why it ended: ``timeout``, ``early``, or ``done``.
    """
    events, output = bytearray(), bytearray()
    open_ends = [events_in, output_in]
    ended, bad = "done", False
    heard, silence = time.monotonic(), idle + importing
    while events_in in open_ends:
        last = min(until, heard + silence) if idle else until
        soon = min(early, default=last) if bad else last
        left = min(last, soon) - time.monotonic()
        if left <= 0:
            ended = "early" if soon < last else "timeout"
            if last_words is None:
                break
            try:
                os.kill(*last_words)
            except OSError:
                break
            last_words, idle = None, 0.0
            until = time.monotonic() + _LAST_WORDS_S
            continue
        ready, _, _ = select.select(open_ends, [], [], left)
        for end in ready:
            part = os.read(end, 65536)
            if not part:
                open_ends.remove(end)
            elif end == output_in:
                output += part
                del output[:-_OUTPUT_TAIL]
            elif len(events) < _EVENT_BYTES:
                events += part
                heard = time.monotonic()
                early = [moment for moment in early if bad or moment > heard]
                known = events[-len(part) - _BAD_BYTES :]
                bad = bad or any(sign in known for sign in _BAD)
                if silence > idle and _BEGINS in events:
                    silence = idle
                last_line = events.rfind(b"\n", 0, -1) + 1
                if part.endswith(b"\n") and events.startswith(_ENDS, last_line):
                    # The run is over; a process it left behind may hold the pipe open.
                    open_ends.remove(end)
    # What was printed last may still lie in the pipe.
    while output_in in open_ends and select.select([output_in], [], [], 0)[0]:
        part = os.read(output_in, 65536)
        if not part or ended != "done":
            break
        output += part
        del output[:-_OUTPUT_TAIL]
    os.close(events_in)
    os.close(output_in)
    return bytes(events), bytes(output), ended


def decode(data: bytes) -> list[Any]:
    """The events of a run; a line cut by a kill is dropped."""
    events = []
    for line in data.split(b"\n"):
        if line:
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
    return events


# ----------------------------------------------------------------------
# What a process does before it forks again and again: what is alive then is to stay as it is.


#: madvise(2), from Linux 6.1: put what lies in a range into huge pages, at once.
_MADV_COLLAPSE = 25
_HUGE = 1 << 21
#: No more bytes are put together. They are copied: a megabyte in about a millisecond.
_AT_MOST = 1 << 28
#: In ``/proc/self/smaps`` a mapping without a file, and how many kB of it are in use.
_ANONYMOUS = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\])?\n"
    r"(?:(?!VmFlags).*\n)*?Anonymous: +(\d+) kB$",
    re.MULTILINE,
)


def settle(often: bool) -> None:
    """Leave what is alive out of what the collector marks, and where forks are to come ``often``,
    put it together: that takes as long as it saves in twenty of them."""
    gc.collect()
    gc.freeze()
    if often:
        put_together()


def put_together() -> None:
    """Put this process' memory into huge pages; where that cannot be, it stays as it is."""
    try:
        import ctypes

        advise = ctypes.CDLL(None).madvise
        advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        left = _AT_MOST
        for begin, size in _ranges():
            if size <= left:
                left -= size
                advise(begin, size, _MADV_COLLAPSE)
    except (ImportError, OSError, AttributeError):
        # No ctypes, no /proc, no Linux.
        return


def _ranges() -> Iterator[tuple[int, int]]:
    """Begin and size of what huge pages can hold of mappings of which at least half is in use."""
    with open("/proc/self/smaps") as stream:
        mappings = _ANONYMOUS.findall(stream.read())
    for first, last, used in mappings:
        begin, end = int(first, 16), int(last, 16)
        if 2048 * int(used) >= end - begin:
            begin, end = -(-begin // _HUGE) * _HUGE, end // _HUGE * _HUGE
            if begin < end:
                yield begin, end - begin
