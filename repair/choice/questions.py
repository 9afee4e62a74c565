"""The question that tells patches apart which pass the tests: one call, and what each answers.

Where the tests leave open what is meant, nobody but a person knows it (after TiCoder: Fakhoury et
al., "LLM-based test-driven interactive code generation", TSE 2024). Of the calls on which patches
differ the one is asked that says the most, and of those that say about as much the shortest one; a
call that the tests make themselves comes before one that was made up. Where nothing differs, what
the likeliest patch changes beside the failure can be asked.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Sequence

from repair.choice.differences import essence
from repair.job import Question, Reply
from repair.sandbox.run import Behaviour

#: A call that says this share of what the best one says is as good, if it is shorter.
_AS_GOOD = 0.7
#: How many code points a call may be longer that the tests make themselves.
_OWN = 40
#: An answer that nobody can be asked about.
_TOO_LONG = "takes too long"
#: So many code points more a question costs in which a program fails: a call beside what is meant
#: fails for want of sense.
_FAILS = 160


def refutes(reply: Reply, behaviour: Behaviour, row: Sequence[str | None]) -> bool:
    """Whether a program that answers ``row`` is not what is meant by ``reply``."""
    if reply.call not in behaviour.calls:
        return False
    said = row[behaviour.calls.index(reply.call)]
    if said is None:
        return False
    if reply.answer is None:
        return said in reply.shown
    return essence((said,)) != essence((reply.answer,))


def parting(
    behaviour: Behaviour, rows: Sequence[tuple[Sequence[str | None], float]], told: Collection[str]
) -> Question | None:
    """The question that says the most of which of ``rows`` is right, each with how likely it is,
    the likeliest first; ``None`` where no call tells the first from another. Calls that were
    ``told`` are not asked."""
    mine = rows[0][0] if rows else ()
    found: list[tuple[float, int, int]] = []
    for index, call in enumerate(behaviour.calls):
        if call in told or mine[index] is None:
            continue
        weights = _weights(rows, index)
        if len(weights) > 1 and _TOO_LONG not in weights:
            found.append((_entropy(weights.values()), _effort(behaviour, index, weights), index))
    if not found:
        return None
    best = max(entropy for entropy, _, _ in found)
    _, _, index = min(
        (each for each in found if each[0] >= _AS_GOOD * best), key=lambda each: each[1:]
    )
    return _question(behaviour, index, list(_weights(rows, index)))


def changing(
    behaviour: Behaviour, row: Sequence[str | None], told: Collection[str]
) -> Question | None:
    """Whether ``row`` is right to change an answer that no test of its own asks for; ``None`` where
    it changes none."""
    found = [
        (_effort(behaviour, index, {new: 1.0, old: 1.0}), index)
        for index, (old, new) in enumerate(zip(behaviour.original, row, strict=True))
        if old is not None
        and new is not None
        and essence((old,)) != essence((new,))
        and not behaviour.is_own(index)
        and behaviour.calls[index] not in told
        and _TOO_LONG not in (old, new)
    ]
    if not found:
        return None
    _, index = min(found)
    answers = [str(row[index]), str(behaviour.original[index])]
    return _question(behaviour, index, answers, splits=False)


def _question(
    behaviour: Behaviour, index: int, answers: Sequence[str], *, splits: bool = True
) -> Question:
    before = behaviour.original[index] or "no answer"
    return Question(behaviour.calls[index], tuple(answers), before, index, splits)


def _weights(rows: Sequence[tuple[Sequence[str | None], float]], index: int) -> dict[str, float]:
    """How likely each answer to a call is, by the first text for it; the likeliest row's first."""
    texts: dict[object, str] = {}
    found: dict[str, float] = {}
    for row, weight in rows:
        text = row[index]
        if text is not None:
            key = texts.setdefault(essence((text,)), text)
            found[key] = found.get(key, 0.0) + weight
    return found


def _entropy(weights: Collection[float]) -> float:
    total = sum(weights)
    return -sum(w / total * math.log(w / total) for w in weights if w > 0) if total else 0.0


def _effort(behaviour: Behaviour, index: int, answers: Collection[str]) -> int:
    """What it costs to read a question."""
    length = len(behaviour.calls[index]) + sum(map(len, answers))
    length += _FAILS * any(text.startswith("raises ") for text in answers)
    return length - _OWN * behaviour.is_own(index)


def as_test(reply: Reply, module: str, number: int) -> str:
    """A pytest test that asks for what was said; ``""`` where it cannot be written down: an
    argument or the answer is no literal, or the call is of a method."""
    if reply.answer is None or not _is_literal_call(reply.call):
        return ""
    function = reply.call.partition("(")[0]
    head = f"from {module} import {function}\n\n\ndef test_{function}_{number}():\n"
    raised = reply.answer.removeprefix("raises ")
    if raised != reply.answer:
        if not raised.isidentifier():
            return ""
        body = f"    with pytest.raises({raised}):\n        {reply.call}\n"
        return f"import pytest\n{head}{body}"
    try:
        value = ast.literal_eval(reply.answer)
    except (SyntaxError, ValueError):
        return ""
    sign = "is" if value is None or isinstance(value, bool) else "=="
    return f"{head}    assert {reply.call} {sign} {reply.answer}\n"


def _is_literal_call(text: str) -> bool:
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return False
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return False
    return True
