"""What variants of a program answer to the same calls: those the tests make, and calls like them.

Calls that enter the file under repair are noted while tests run (``noting``), and calls like them
are made (``varying``). Every variant then answers all of them, each in a fork of its own,
so that what one does to an argument no other one sees.

Where these calls are few, or tell most variants not from the program as it is, they do not come to
what is changed, or with nothing that matters there. Then the functions that are changed are called
as well, as the file itself calls them.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import json
import os
import select
import signal
import time
from typing import Any

from .noting import Left, noted_calls, shown
from .varying import calls_like

#: Calls that say little, even where some tell a variant from the program as it is: that one does
#: what the failing test asks is known.
_FEW = 8


def observe(
    run_tests: Any, live: Any, target: str, variants: Any, seconds: float, asked: Any = ()
) -> Any:
    """``calls`` as texts, what is ``wanted`` of each as far as that is known, whether it is the
    tests' ``own``, and for each variant what it ``answers`` to each, ``None`` if unknown.

    ``run_tests()`` runs the tests; ``variants`` are lists of ``(function, code)`` to put in place,
    of which the first one is the program as it is; each may take so many ``seconds`` for all. Calls
    are noted with the second one in place too: where the program fails, a test calls no more.
    ``asked`` are calls to make besides: a function's name, arguments, keywords and the expected
    result as literals.
    """
    calls, wanted = _asked(asked, live)
    noted = _noted(run_tests, live, target, variants)
    own = _texts(noted)
    calls += _others(calls, noted)
    wanted += [None] * (len(calls) - len(wanted))
    answers, again = _answers(variants, calls, seconds)
    if len(variants) > 1 and (len(calls) < _FEW or _alike(answers)):
        within = {
            replacement.function
            for variant in variants[1:]
            for replacement in variant
            if replacement.changes()
        }
        noted = _noted(run_tests, live, target, variants, within)
        own |= _texts(noted)
        more = _others(calls, noted)
        answered, once_more = _answers(variants, more, seconds)
        calls, again = calls + more, again + once_more
        wanted += [None] * len(more)
        answers = [row + others for row, others in zip(answers, answered)]  # noqa: B905
    # What differs from itself depends on more than its arguments.
    kept = [
        index
        for index, (one, other) in enumerate(zip(answers[0], again))  # noqa: B905
        if one is None or one == other
    ]
    return {
        "calls": [_text(calls[index]) for index in kept],
        "own": [_text(calls[index]) in own for index in kept],
        "wanted": [wanted[index] for index in kept],
        "answers": [[row[index] for index in kept] for row in answers] if kept else [],
    }


def _others(calls: Any, noted: Any) -> Any:
    """The calls that were ``noted`` and some like them, without those that are there already."""
    known = {_text(call) for call in calls}
    return [call for call in calls_like(noted) if _text(call) not in known]


def _texts(noted: Any) -> Any:
    """The calls that were ``noted``, as texts."""
    return {_text((function, *arguments)) for function, known in noted for arguments in known}


def _noted(run_tests: Any, live: Any, target: str, variants: Any, within: Any = None) -> Any:
    """The calls that the tests make with the program as it is, and with the first variant."""
    noted = noted_calls(run_tests, live, target, within)
    if len(variants) > 1:
        with _in_place(variants[1]):
            noted = _joined(noted, noted_calls(run_tests, live, target, within))
    return noted


def _answers(variants: Any, calls: Any, seconds: float) -> Any:
    """What each variant answers to ``calls``; and the first one, asked again."""
    if not calls:
        return [[] for _ in variants], []
    answers = [answers_of(variant, calls, seconds) for variant in variants]
    return answers, answers_of(variants[0], calls, seconds)


def _alike(answers: Any) -> bool:
    """Whether most variants answer all that is known as the first one does."""
    first, *others = answers
    same = [
        all(one is None or one == other for one, other in zip(first, row))  # noqa: B905
        for row in others
    ]
    return 2 * sum(same) > len(same)


@contextlib.contextmanager
def _in_place(variant: Any) -> Any:
    """The functions of ``variant`` run its code inside."""
    before: list[Any] = []
    try:
        for replacement in variant:
            before.append(replacement.put())
        yield
    finally:
        for replacement in reversed(before):
            replacement.put()


def _joined(noted: Any, others: Any) -> Any:
    """The calls of both, those of one function together."""
    known = {function: list(calls) for function, calls in noted}
    for function, calls in others:
        known.setdefault(function, []).extend(calls)
    return list(known.items())


def _asked(asked: Any, live: Any) -> Any:
    """The calls that are asked for, and what they are to answer, as texts."""
    calls, wanted = [], []
    for name, positional, keywords, expected in asked:
        function = live.named(name)
        if function is None:
            continue
        try:
            arguments = ast.literal_eval(positional), ast.literal_eval(keywords)
            raises = expected.startswith("raises ")
            wanted.append(expected if raises else shown(ast.literal_eval(expected)))
        except (SyntaxError, ValueError):
            continue
        calls.append((function, arguments[0], arguments[1]))
    return calls, wanted


def _text(call: Any) -> str:
    function, positional, keywords = call
    parts = [shown(value) for value in positional]
    parts += [key + "=" + shown(value) for key, value in keywords.items()]
    name: str = function.__qualname__
    return name + "(" + ", ".join(parts) + ")"


# ----------------------------------------------------------------------
# What one variant of a program answers to calls: each in its time, and none sees what another one
# did to its arguments.


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
