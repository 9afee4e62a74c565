"""What a fork says, read from its pipes within its time."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

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
