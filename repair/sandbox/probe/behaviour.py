"""What variants of a program answer to the same calls: those the tests make, and calls like them.

Calls that enter the file under repair are noted while tests run (``noting``), and calls like them
are made (``varying``). Every variant then answers all of them, each in a fork of its own
(``answering``), so that what one does to an argument no other one sees.
"""

from __future__ import annotations

import ast
import contextlib
from typing import Any

from .answering import answers_of
from .comparable import shown
from .noting import noted_calls
from .varying import calls_like


def observe(
    run_tests: Any, live: Any, target: str, variants: Any, seconds: float, asked: Any = ()
) -> Any:
    """``calls`` as texts, what is ``wanted`` of each as far as that is known, and for each variant
    what it ``answers`` to each, ``None`` if unknown.

    ``run_tests()`` runs the tests; ``variants`` are lists of ``(function, code)`` to put in place,
    of which the first one is the program as it is; each may take so many ``seconds`` for all. Calls
    are noted with the second one in place too: where the program fails, a test calls no more.
    ``asked`` are calls to make besides: a function's name, arguments, keywords and the expected
    result as literals.
    """
    noted = noted_calls(run_tests, live, target)
    if len(variants) > 1:
        with _in_place(variants[1]):
            noted = _joined(noted, noted_calls(run_tests, live, target))
    calls, wanted = _asked(asked, live)
    known = {_text(call) for call in calls}
    calls += [call for call in calls_like(noted) if _text(call) not in known]
    wanted += [None] * (len(calls) - len(wanted))
    if not calls:
        return {"calls": [], "wanted": [], "answers": []}
    answers = [answers_of(variant, calls, seconds) for variant in variants]
    once_more = answers_of(variants[0], calls, seconds)
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


@contextlib.contextmanager
def _in_place(variant: Any) -> Any:
    """The functions of ``variant`` run its code inside."""
    before = [(function, function.__code__) for function, _code in variant]
    try:
        for function, code in variant:
            function.__code__ = code
        yield
    finally:
        for function, code in before:
            function.__code__ = code


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
