"""How much faster other versions of a function are, on the calls that the tests make and larger.

Run as a script in the sandbox, under the user's interpreter: ``python measuring.py SPEC`` with a
JSON object: ``file``, ``function`` (qualified name), ``module`` and ``arguments`` of the tests
(``pytest``, ``unittest``, ``doctest``) or ``script``, and ``texts``, the versions of the file, the
present one first. The last line printed is the answer as JSON: with one version alone, where its
time goes.
"""

from __future__ import annotations

import copy
import json
import math
import os
import runpy
import signal
import sys
import time
import types
from typing import Any

MARK = "pilotfish-measured "
#: Calls of the tests that are noted, larger ones made of them, and seconds that one may take.
NOTED, LARGER, LONGEST = 24, 12, 0.25
#: Sizes of larger arguments.
SIZES = (32, 256, 2048)
#: Rounds in which all versions are timed in turn, and seconds for one version and call.
ROUNDS, SLICE = 9, 0.004
SECONDS = 20.0
#: After so many seconds no further call is looked into.
LOOKING = 1.5


class TooLong(BaseException):
    """A call that is being timed takes too long."""


def note(spec: Any) -> Any:
    """The calls of the function while the tests run: copies of arguments, no two alike."""
    found: list[Any] = []
    seen: set[str] = set()
    target = os.path.realpath(spec["file"])
    qualname = spec["function"]
    same: dict[Any, bool] = {}

    def is_target(code: Any) -> bool:
        if code not in same:
            name = getattr(code, "co_qualname", code.co_name)
            here = os.path.realpath(code.co_filename) == target
            same[code] = here and name.replace(".<locals>.", ".").endswith(qualname)
        return same[code]

    def hook(frame: Any, event: str, _argument: Any) -> None:
        if event != "call" or len(found) >= NOTED or not is_target(frame.f_code):
            return
        back = frame.f_back
        if back is not None and is_target(back.f_code):
            return  # a recursive call
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        sys.setprofile(None)
        try:
            values = {name: copy.deepcopy(frame.f_locals[name]) for name in names}
            if code.co_flags & 0x0C:
                return  # *args and **kwargs: not made larger
            key = repr(values)
            if key not in seen:
                seen.add(key)
                found.append(values)
        except Exception:
            pass
        finally:
            sys.setprofile(hook)

    sys.argv = [spec["module"], *spec["arguments"]]
    sys.path.insert(0, spec["path0"])
    sys.setprofile(hook)
    try:
        if spec["module"] == "script":
            sys.argv = spec["arguments"]
            runpy.run_path(spec["arguments"][0], run_name="__main__")
        else:
            runpy.run_module(spec["module"], run_name="__main__", alter_sys=True)
    except BaseException:
        pass  # pytest and unittest end by SystemExit
    finally:
        sys.setprofile(None)
    return found


def load(text: str, spec: Any) -> Any:
    """The function of a version of the file, in a module of its own."""
    module = types.ModuleType("measured")
    known = [m for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
    for each in known:
        if os.path.realpath(str(each.__file__)) == os.path.realpath(spec["file"]):
            module.__package__ = each.__package__
            module.__name__ = each.__name__
    module.__file__ = spec["file"]
    exec(compile(text, spec["file"], "exec"), module.__dict__)
    found: Any = module
    for part in spec["function"].split("."):
        found = found.__dict__[part] if isinstance(found, type) else getattr(found, part)
    return getattr(found, "__func__", found)


def grown(value: Any, size: int) -> Any:
    """A value of the same kind with about so many items; ``None`` where there is none."""
    if isinstance(value, str) and value:
        return (value * (size // len(value) + 1))[:size]
    if isinstance(value, (list, tuple)) and value:
        items = [varied(value[i % len(value)], i // len(value)) for i in range(size)]
        return type(value)(items) if type(value) in (list, tuple) else None
    if type(value) is dict and value:
        pairs = list(value.items())
        return {varied(*_of(pairs, i)): pairs[i % len(pairs)][1] for i in range(size)}
    if type(value) is set and value:
        items = sorted(value, key=repr)
        return {varied(items[i % len(items)], i // len(items)) for i in range(size)}
    return None


def _of(pairs: Any, index: int) -> Any:
    return pairs[index % len(pairs)][0], index // len(pairs)


def varied(item: Any, turn: int) -> Any:
    """An item like ``item``, another one in each turn."""
    if type(item) in (int, float):
        return item + turn
    if type(item) is str and turn:
        return item + str(turn)
    return item


def larger(calls: Any, call: Any) -> Any:
    """Larger calls whose answer by the present version does not take too long."""
    made: list[Any] = []
    for values in calls:
        for size in SIZES:
            if len(made) >= LARGER:
                return made
            new = {}
            for name, value in values.items():
                bigger = grown(value, size)
                new[name] = value if bigger is None else bigger
            integers = [n for n, v in values.items() if type(v) is int and v > 0]
            if all(new[n] is values[n] for n in values) and integers:
                new[integers[0]] = values[integers[0]] + {32: 4, 256: 10, 2048: 18}[size]
            if all(new[n] is values[n] for n in values):
                break
            answer, seconds, _ = call(new)
            if answer is None or seconds > LONGEST:
                break
            if answer[0] == "result":
                made.append(new)
    return made


def caller(function: Any) -> Any:
    """Calls the function on copies: its answer, the seconds, and what became of the arguments."""

    def call(values: Any) -> Any:
        arguments = copy.deepcopy(values)
        clear = getattr(function, "cache_clear", None)
        if clear:
            clear()
        began = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, 4 * LONGEST)
        answer: Any
        try:
            answer = ("result", function(**arguments))
            if hasattr(answer[1], "__next__"):
                answer = ("result", list(answer[1]))
        except TooLong:
            return None, 4 * LONGEST, arguments
        except RecursionError:
            return None, 0.0, arguments
        except Exception as error:
            answer = ("raises", type(error).__name__)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return answer, time.perf_counter() - began, arguments

    return call


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are the same."""
    try:
        return type(one) is type(other) and bool(one == other or repr(one) == repr(other))
    except Exception:
        return False


def timed(function: Any, values: Any, times: int) -> float:
    """Seconds of one call, over ``times`` calls on fresh copies."""
    given = [copy.deepcopy(values) for _ in range(times)]
    clear = getattr(function, "cache_clear", None)
    began = time.perf_counter()
    for arguments in given:
        if clear:
            clear()
        answer = function(**arguments)
        if hasattr(answer, "__next__"):
            for _ in answer:
                pass
    return (time.perf_counter() - began) / times


def compare(present: Any, function: Any, inputs: Any) -> str:
    """The first call on which another version differs, as text; ``""`` where there is none."""
    before, after = caller(present), caller(function)
    for values in inputs:
        expected, _, left = before(values)
        got, _, right = after(values)
        if expected is None:
            continue
        if got is None:
            return f"it takes too long on {shown(values)}"
        if not (alike(expected, got) and alike(left, right)):
            return f"on {shown(values)} it gives {shown(got[1])}, not {shown(expected[1])}"
    return ""


def profile(function: Any, inputs: Any, file: str) -> Any:
    """Where the time goes: seconds at each line and in each function of ``file``.

    By tracing lines: what a line calls in other files counts as its own. Signals would be seen
    between loop turns only, however long a comparison of one takes.
    """
    lines: dict[str, float] = {}
    functions: dict[str, float] = {}
    clock = time.perf_counter
    # The place that runs now, its function, and since when.
    now: list[Any] = [0, "", 0.0]

    def charge() -> None:
        line, name, since = now
        if line:
            spent = clock() - since
            lines[str(line)] = lines.get(str(line), 0.0) + spent
            functions[name] = functions.get(name, 0.0) + spent

    def place(frame: Any) -> None:
        if frame is not None and frame.f_code.co_filename == file:
            code = frame.f_code
            now[0] = frame.f_lineno or code.co_firstlineno
            now[1] = getattr(code, "co_qualname", code.co_name)
        else:
            now[0] = 0

    def step(frame: Any, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename != file:
            return None
        charge()
        place(frame.f_back if event == "return" else frame)
        now[2] = clock()
        return step

    call = caller(function)
    until = clock() + LOOKING
    for values in inputs:
        now[0] = 0
        sys.settrace(step)
        try:
            call(values)
        finally:
            sys.settrace(None)
        if clock() > until:
            break
    return {"lines": lines, "functions": functions}


def shown(value: Any) -> str:
    """A value as text that fits a line."""
    text = repr(value)
    return text if len(text) < 80 else text[:77] + "..."


def measure(spec: Any) -> Any:
    """The answer to ``spec``."""

    def late(_number: int, _frame: Any) -> None:
        raise TooLong

    calls = note(spec)
    signal.signal(signal.SIGALRM, late)
    answer: dict[str, Any] = {"calls": len(calls), "inputs": 0, "versions": []}
    if not calls:
        return answer
    present = load(spec["texts"][0], spec)
    more = larger(calls, caller(present))
    inputs = calls + more
    answer["inputs"] = len(inputs)
    # The largest calls tell most; small ones are mostly noise.
    base = [(values, caller(present)(values)) for values in (more or calls)]
    base = [(values, seen[1]) for values, seen in base if seen[0] and seen[0][0] == "result"]
    base = sorted(base, key=lambda pair: -pair[1])[:8]
    if len(spec["texts"]) == 1:
        answer.update(profile(present, [values for values, _ in base], spec["file"]))
        return answer
    functions: list[Any] = []
    kept: list[Any] = []
    for text in spec["texts"][1:]:
        told: dict[str, Any] = {"differs": "", "logs": []}
        answer["versions"].append(told)
        try:
            function = load(text, spec)
            told["differs"] = compare(present, function, inputs)
        except Exception as error:
            told["differs"] = f"it cannot be loaded: {type(error).__name__}: {error}"
        if not told["differs"]:
            functions.append(function)
            kept.append(told)
    until = time.perf_counter() + SECONDS
    for turn in range(ROUNDS):
        if not base or time.perf_counter() > until:
            break
        totals = [0.0] * (len(functions) + 1)
        for values, seconds in base:
            times = max(1, min(200, int(SLICE / max(seconds, 1e-7))))
            order = list(range(len(totals)))
            # In turns, so that what slows the machine down slows all of them down.
            for index in order if turn % 2 else order[::-1]:
                function = functions[index - 1] if index else present
                totals[index] += timed(function, values, times)
        for told, total in zip(kept, totals[1:]):  # noqa: B905
            told["logs"].append(round(math.log(totals[0] / max(total, 1e-9)), 4))
    return answer


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as stream:
        given = json.load(stream)
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    result = measure(given)
    os.write(out, ("\n" + MARK + json.dumps(result) + "\n").encode())
    os._exit(0)
