"""What one variant of a program answers to calls: each in its time, and none sees what another
one did to its arguments."""

from __future__ import annotations

import copy
import inspect
import json
import os
import select
import signal
import time
from typing import Any

from .comparable import shown
from .noting import Left

_MOST_YIELDED = 100
#: Seconds that a fork may take to begin on a busy machine, and how many times the processor time
#: of its answers it may last.
_BEGIN_S, _TIMES = 2.0, 6.0


def answers_of(variant: Any, calls: Any, seconds: float) -> Any:
    """What a variant answers, from a fork in which it is in place."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            for replacement in variant:
                replacement.put()
            _answer_all(calls, os.fdopen(writing, "wb", buffering=0), seconds)
        finally:
            os._exit(0)
    os.close(writing)
    answers: list[Any] = [None] * len(calls)
    until = time.monotonic() + _BEGIN_S
    data = b""
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            break
        part = os.read(reading, 65536)
        if not part:
            break
        if not data:
            until = time.monotonic() + _TIMES * seconds
        data += part
    os.close(reading)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    for line in data.split(b"\n"):
        try:
            index, text = json.loads(line)
        except ValueError:
            continue
        answers[index] = text
    return answers


def _answer_all(calls: Any, stream: Any, seconds: float) -> None:
    def leave(_number: int, _frame: Any) -> None:
        raise Left

    signal.signal(signal.SIGPROF, leave)
    stream.write(b"\n")  # It has begun.
    share = max(0.02, seconds / len(calls))
    until = time.process_time() + seconds
    for index, (function, positional, keywords) in enumerate(calls):
        if time.process_time() > until:
            return
        try:
            arguments = copy.deepcopy((positional, keywords))
            signal.setitimer(signal.ITIMER_PROF, share)
            try:
                text = _answer(function, arguments)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
        except Left:
            text = "takes too long"
        except BaseException as error:
            text = "raises " + type(error).__name__
        stream.write(json.dumps([index, text]).encode() + b"\n")


def _answer(function: Any, arguments: Any) -> str:
    """What a call returns, and what it leaves of its arguments where that can change."""
    positional, keywords = arguments
    before = [shown(value) for value in positional]
    result = function(*positional, **keywords)
    if inspect.iscoroutine(result):
        import asyncio

        result = asyncio.run(result)
    elif inspect.isgenerator(result):
        yielded = []
        for item in result:
            yielded.append(item)
            if len(yielded) >= _MOST_YIELDED:
                break
        result = yielded
    text = shown(result)
    after = [shown(value) for value in positional]
    changed = [new for old, new in zip(before, after) if old != new]  # noqa: B905
    return text if not changed else text + ", leaving " + ", ".join(changed)
