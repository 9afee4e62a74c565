"""Answers of a sandbox for ``benchmarks.fuzz``, bent as hostile code in it could."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.views.plan import block_plan
from benchmarks.fuzz_part import MOST_FOUND, VALUES, Part, bent, guarded
from repair.sandbox.answers import Traced, run_of
from repair.trace.debugging import Report
from repair.trace.document import document
from repair.trace.record import traces

_FOLLOWED = """\
def f(rows):
    total = 0
    for row in rows:
        while row:
            row -= 1
            total += g(row)
    return total


def g(x):
    if x:
        return g(x - 1)
    raise ValueError(x)
"""


def _answer() -> dict[str, Any]:
    """What the probe says of a run of a test of ``_FOLLOWED`` that was followed block by block."""
    visit = {"block": 0, "at": [], "in": {"rows": "[1]"}, "out": {"total": "0"}}
    inner = {"block": 2, "at": [1, 1], "in": {"row": "1"}, "out": {"row": "0"}, "line": 4}
    loop = {"header": 1, "count": 2, "told": [1, 2], "at": []}
    call = {
        "trace": "call",
        "id": 1,
        "code": 1,
        "parent": 0,
        "depth": 0,
        "thread": 0,
        "line": 3,
        "how": "raised",
        "args": {"rows": "[1]"},
        "exception": "ValueError: 0",
        "visits": [visit, inner],
        "loops": [loop, {**loop, "header": 2, "at": [1]}],
    }
    below = {**call, "id": 2, "code": 2, "parent": 1, "line": 9, "loops": [], "visits": [visit]}
    detail = {"exception": "ValueError", "message": "0", "frames": [["a.py", 12, "g"]]}
    test = {"test": "t", "outcome": "failed", "seconds": 0.1, "lines": [1, 2], "places": []}
    return {
        "ended": "done",
        "code": 1,
        "output": "",
        "seconds": 0.1,
        "hits": [[1, 2]],
        "last": 12,
        "events": [
            {"start": "t"},
            {"trace": "begin", "test": "t", "fresh": True},
            {"trace": "at", "call": 1, "code": 1, "block": 0, "in": {}},
            {**call, "how": "running", "open": True},
            {**below, "exception": ""},
            call,
            {"trace": "end", "test": "t", "calls": 2, "steps": 9, "left": 0},
            {**test, "detail": {**detail, "lines": [12]}, "steps": [[2, [1]]]},
            {"modules": [["a", "a.py"]], "patterns": [["x", True, 0]], "collected": ["t"]},
        ],
    }


def answers(_files: Sequence[Path], ends: float, chance: random.Random) -> Part:
    """Answers of a sandbox in which hostile code wrote: refused, or all of the program."""
    part, plan, whole = Part(), block_plan(_FOLLOWED), _answer()
    traced, lines = Traced(plan.to_json()), _FOLLOWED.count("\n")
    if not traces(run_of(whole, lines, traced).trace):
        part.found.append("the answer that is bent tells nothing")
    while time.monotonic() < ends and len(part.found) <= MOST_FOUND:
        seed = chance.randrange(1 << 30)
        here = random.Random(seed)
        answer = whole
        for _ in range(here.randint(1, 3)):
            answer = bent(answer, here, (*VALUES, *range(-2, 20), "raised", "running", [0], [[1]]))

        def work(answer: Any = answer) -> None:
            try:
                run = run_of(json.loads(json.dumps(answer)), lines, traced)
            except ValueError:
                return
            told = traces(run.trace)
            report = Report("failing", "", plan, run.tests, traces=told)
            shown = document(report, "a.py", "pytest")
            json.dumps(shown)
            seen = [visit for test in shown["runs"] for c in test["calls"] for visit in c["visits"]]
            said = [visit.get("line", 0) for visit in seen]
            said += [step["line"] for test in shown["runs"] for step in test["way"][-1:]]
            if max(said, default=0) >= lines:
                raise AssertionError(f"a line behind the last one: {max(said)}")

        guarded(part, f"answer {seed}", work)
    return part
