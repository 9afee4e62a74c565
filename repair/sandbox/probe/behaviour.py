"""What variants of a program answer to the same calls: those the tests make, and calls like them.

Calls that enter the file under repair are noted while tests run, with copies of their arguments.
Calls like them are made by changing arguments within their types. Every variant then answers all
of them, each in a fork of its own, so that what one does to an argument no other one sees.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import inspect
import json
import os
import random
import re
import select
import signal
import string
import sys
import time
from typing import Any

#: Calls noted for each function, functions, and calls made in all.
_NOTED = 12
_FUNCTIONS = 6
_MOST_CALLS = 64
#: Arguments larger than this are not copied.
_MOST_ITEMS = 2000
#: While noting: a test that is busy for so long is left, and noting ends after so long.
_LEAVE_S = 0.5
_NOTE_S = 2.0
#: How often an argument that was left out is given instead of one that is there being changed.
_GIVEN_TOO = 0.3
#: And how often a number becomes one that the code mentions, or lies beside it.
_AT_LIMITS = 0.3
#: A larger one is no bound that a call comes near to, and may take forever.
_LARGEST = 1000
_LONGEST = 120
_DEEPEST = 5
_MOST_YIELDED = 100


class Left(BaseException):
    """A test is left behind while calls are noted."""


def observe(
    run_tests: Any, live: Any, target: str, variants: Any, seconds: float, asked: Any = ()
) -> Any:
    """``calls`` as texts, what is ``wanted`` of each as far as that is known, and for each variant
    what it ``answers`` to each, ``None`` if unknown.

    ``run_tests()`` runs the tests; ``variants`` are lists of ``(function, code)`` to put in place,
    of which the first one is the program as it is; each may take so many ``seconds`` for all.
    ``asked`` are calls to make besides: a function's name, arguments, keywords and the expected
    result as literals.
    """
    noted = _note(run_tests, live, target)
    calls, wanted = _asked(asked, live)
    calls += _calls(noted)
    wanted += [None] * (len(calls) - len(wanted))
    if not calls:
        return {"calls": [], "wanted": [], "answers": []}
    answers = [_answered(variant, calls, seconds) for variant in variants]
    once_more = _answered(variants[0], calls, seconds)
    # What differs from itself depends on more than its arguments.
    steady = [
        one is not None and one == other
        for one, other in zip(answers[0], once_more)  # noqa: B905
    ]
    kept = [index for index, good in enumerate(steady) if good or answers[0][index] is None]
    return {
        "calls": [_text(calls[index]) for index in kept],
        "wanted": [wanted[index] for index in kept],
        "answers": [[row[index] for index in kept] for row in answers],
    }


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


# ------------------------------------------------------------------ noting calls


def _note(run_tests: Any, live: Any, target: str) -> Any:
    noted: dict[Any, Any] = {}
    same: dict[str, bool] = {}
    until = time.monotonic() + _NOTE_S

    def is_target(name: str) -> bool:
        if name not in same:
            same[name] = os.path.realpath(name) == target
        return same[name]

    def hook(frame: Any, event: str, _argument: Any) -> None:
        if event != "call" or not is_target(frame.f_code.co_filename):
            return
        code, back = frame.f_code, frame.f_back
        if back is None or is_target(back.f_code.co_filename) or code.co_name.startswith("<"):
            return
        known = noted.get(code)
        if known is None:
            if len(noted) >= _FUNCTIONS or code.co_name == "__init__":
                return
            function = live.function(code)
            if function is None:
                return
            known = noted[code] = (function, [])
        if len(known[1]) < _NOTED:
            sys.setprofile(None)
            try:
                arguments = _copied(_arguments(code, frame.f_locals))
                if arguments is not None:
                    known[1].append(arguments)
            finally:
                sys.setprofile(hook)

    def leave(_number: int, _frame: Any) -> None:
        raise Left

    before = signal.signal(signal.SIGALRM, leave)
    signal.setitimer(signal.ITIMER_REAL, _LEAVE_S, _LEAVE_S)
    sys.setprofile(hook)
    try:
        while time.monotonic() < until:
            run_tests()
            break
    except BaseException:
        # Whatever ended the tests: what was noted until then is what there is.
        pass
    finally:
        sys.setprofile(None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return [entry for entry in noted.values() if entry[1]]


def _arguments(code: Any, local: Any) -> Any:
    """``(positional, keywords)`` of a call whose frame begins with the names ``local``."""
    count = code.co_argcount
    names = code.co_varnames
    positional = [local[name] for name in names[:count]]
    end = count + code.co_kwonlyargcount
    keywords = {name: local[name] for name in names[count:end]}
    if code.co_flags & inspect.CO_VARARGS:
        positional.extend(local[names[end]])
        end += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        keywords.update(local[names[end]])
    return positional, keywords


def _copied(arguments: Any) -> Any:
    """A deep copy, or ``None`` where there can be none or it is too large."""
    try:
        if any(_size(value) > _MOST_ITEMS for value in arguments[0]):
            return None
        return copy.deepcopy(arguments)
    except Exception:
        return None


def _size(value: Any) -> int:
    try:
        return len(value)
    except Exception:
        return 1


# ------------------------------------------------------------------ calls like those


def _calls(noted: Any) -> Any:
    """``(function, positional, keywords)``: what the tests called, and variations of that."""
    chance = random.Random(1)
    found: list[Any] = []
    seen: set[Any] = set()
    share = _MOST_CALLS // max(1, len(noted))
    for function, known in noted:
        mine: list[Any] = []
        omitted, limits = _omitted(function), _limits(function.__code__)
        for arguments in known:
            _add(mine, seen, function, arguments)
        for _ in range(4 * share):
            if len(mine) >= share:
                break
            arguments = _copied(chance.choice(known))
            if arguments is not None:
                if omitted and chance.random() < _GIVEN_TOO:
                    _give_one(chance, arguments, omitted)
                else:
                    _vary_one(chance, arguments, limits)
                _add(mine, seen, function, arguments)
        found.extend(mine)
    return found


def _add(calls: Any, seen: Any, function: Any, arguments: Any) -> None:
    key = (function.__code__, shown(arguments))
    if key not in seen:
        seen.add(key)
        calls.append((function, arguments[0], arguments[1]))


def _omitted(function: Any) -> Any:
    """Places, by index or name, of the parameters whose default is ``None``."""
    code, defaults = function.__code__, function.__defaults__ or ()
    first = code.co_argcount - len(defaults)
    found = [first + index for index, value in enumerate(defaults) if value is None]
    named = (function.__kwdefaults__ or {}).items()
    return found + [name for name, value in named if value is None]


def _give_one(chance: Any, arguments: Any, omitted: Any) -> None:
    """Give one of the arguments that callers leave out: a small number, or what another one is."""
    positional, keywords = arguments
    places = [(keywords if isinstance(key, str) else positional, key) for key in omitted]
    places = [(holder, key) for holder, key in places if holder[key] is None]
    others = [value for value in positional[1:] if _can_vary(value)]
    for holder, key in chance.sample(places, min(len(places), 1)):
        holder[key] = chance.choice([0, 1, 2, 3, -1, *others])


def _limits(code: Any) -> Any:
    """Whole numbers that a function and what is defined in it mention: what it does may change
    there."""
    found = set()
    for value in code.co_consts:
        if type(value) is int:
            found.add(value)
        elif type(value) in (tuple, frozenset):
            found.update(part for part in value if type(part) is int)
        elif hasattr(value, "co_consts"):
            found.update(_limits(value))
    return sorted(value for value in found if abs(value) <= _LARGEST)


def _vary_one(chance: Any, arguments: Any, limits: Any) -> None:
    """Change one argument, now and then two."""
    positional, keywords = arguments
    places = [(positional, index) for index in range(len(positional))]
    places += [(keywords, name) for name in keywords]
    places = [(holder, key) for holder, key in places if _can_vary(holder[key])]
    for holder, key in chance.sample(places, min(len(places), chance.choice((1, 1, 2)))):
        for _ in range(chance.choice((1, 1, 2, 3))):
            holder[key] = vary(chance, holder[key], limits)


def _can_vary(value: Any) -> bool:
    return type(value) in (bool, int, float, str, bytes, list, tuple, set, frozenset, dict)


def vary(chance: Any, value: Any, limits: Any = ()) -> Any:
    """A value of the same type that is not far from ``value``, or a number not far from one of the
    ``limits``."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int and limits and chance.random() < _AT_LIMITS:
        return chance.choice(limits) + chance.choice((-1, 0, 0, 1))
    if kind in (int, float):
        steps = [1, -1, chance.randint(2, 9), -chance.randint(2, 9)]
        if kind is float:
            steps += [0.5, -0.25]
        return chance.choice([value + step for step in steps] + [kind(0), -value, value * 2])
    if kind in (str, bytes):
        return _varied_text(chance, value, limits)
    if kind in (list, tuple):
        return kind(_varied_items(chance, list(value), limits))
    if kind in (set, frozenset):
        return kind(_varied_items(chance, sorted(value, key=repr), limits))
    if kind is dict and value:
        key = chance.choice(list(value))
        changed = dict(value)
        if chance.random() < 0.5:
            changed[key] = vary(chance, changed[key], limits)
        else:
            del changed[key]
        return changed
    return value


def _varied_text(chance: Any, value: Any, limits: Any) -> Any:
    if type(value) is bytes:
        text = _varied_text(chance, value.decode("latin-1"), limits)
        return text.encode("latin-1", "replace")
    at = chance.randint(0, len(value))
    alphabet = value + chance.choice((string.ascii_lowercase, string.digits, " ", ""))
    letter = chance.choice(alphabet) if alphabet else "a"
    choices: list[str] = [value[:at] + letter + value[at:], value[:at] + letter + value[at + 1 :]]
    choices += [value[:at] + value[at + 1 :], value[::-1], value + value, value[:at]]
    choices += [value.swapcase(), value[at:]]
    # Text with parts keeps its form half of the time: a date stays a date.
    words = re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+", value)
    places = [index for index, word in enumerate(words) if word[0].isalnum()]
    if len(places) > 1 and chance.random() < 0.5:
        one, other = chance.sample(places, 2)
        if words[one].isdigit() and chance.random() < 0.7:
            number = max(0, int(words[one]) + chance.choice((1, -1, 5, 10, 20)))
            if limits and chance.random() < _AT_LIMITS:
                number = max(0, chance.choice(limits) + chance.choice((-1, 0, 0, 1)))
            words[one] = str(number).rjust(len(words[one]), "0")
        else:
            words[one], words[other] = words[other], words[one]
        return "".join(words)
    return chance.choice(choices)


def _varied_items(chance: Any, items: Any, limits: Any) -> Any:
    if not items:
        return items
    at = chance.randrange(len(items))
    way = chance.randrange(7)
    if way == 0:
        del items[at]
    elif way == 1:
        items.insert(at, items[chance.randrange(len(items))])
    elif way == 2:
        items.reverse()
    elif way == 3:
        chance.shuffle(items)
    elif way == 4 and _can_vary(items[at]):
        items.append(vary(chance, items[at], limits))
    elif _can_vary(items[at]):
        items[at] = vary(chance, items[at], limits)
    else:
        del items[at:]
    return items


# ------------------------------------------------------------------ answers


def _answered(variant: Any, calls: Any, seconds: float) -> Any:
    """What a variant answers, from a fork in which it is in place."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            for function, code in variant:
                function.__code__ = code
            _answer_all(calls, os.fdopen(writing, "wb", buffering=0), seconds)
        finally:
            os._exit(0)
    os.close(writing)
    answers: list[Any] = [None] * len(calls)
    until = time.monotonic() + 4 * seconds
    data = b""
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            break
        part = os.read(reading, 65536)
        if not part:
            break
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


def shown(value: Any, depth: int = 0) -> str:
    """``value`` as text that is the same wherever it lies in memory, and not too long."""
    text = _shown(value, depth)
    if len(text) > _LONGEST and not depth:
        return (
            text[:_LONGEST] + "… " + hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()[:8]
        )
    return text


def _shown(value: Any, depth: int) -> str:
    kind = type(value)
    if depth > _DEEPEST:
        return "…"
    if kind is float:
        # Sums in another order are no other behaviour.
        return f"{value:.10g}" + ("" if value % 1 or abs(value) > 1e9 else ".0")
    if kind in (list, tuple):
        inner = ", ".join(_shown(item, depth + 1) for item in value)
        return "[" + inner + "]" if kind is list else "(" + inner + ("," * (len(value) == 1)) + ")"
    if kind in (set, frozenset):
        return "{" + ", ".join(sorted(_shown(item, depth + 1) for item in value)) + "}"
    if kind is dict:
        pairs = [_shown(k, depth + 1) + ": " + _shown(v, depth + 1) for k, v in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if getattr(kind, "__repr__", None) is getattr(object, "__repr__"):  # noqa: B009
        fields = getattr(value, "__dict__", None)
        return kind.__name__ + (_shown(fields, depth + 1) if isinstance(fields, dict) else "")
    try:
        text: str = repr(value)
        return text
    except Exception as error:
        return "<" + kind.__name__ + " whose repr raises " + type(error).__name__ + ">"


def _text(call: Any) -> str:
    function, positional, keywords = call
    parts = [shown(value) for value in positional]
    parts += [key + "=" + shown(value) for key, value in keywords.items()]
    name: str = function.__qualname__
    return name + "(" + ", ".join(parts) + ")"
