"""Attacks on the answers of a sandbox: the code under test writes to the descriptor it finds."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.views.plan import block_plan
from repair.errors import SandboxDiedError
from repair.failure.command import parse
from repair.sandbox.answers import Traced, behaviour_of, run_of
from repair.sandbox.channel import Channel
from repair.sandbox.run import Terms
from tests.attacks.conftest import Victim
from tests.repair.conftest import StartSandbox, interpreter, sandbox, workspace

__all__ = ["interpreter", "sandbox", "workspace"]

RUN = {"ended": "done", "code": 0, "output": "", "seconds": 0.1}
TEST = {"test": "t", "outcome": "passed", "seconds": 0.1}


def _heard(written: bytes, *, again: bool = False, seconds: float = 1.0) -> object:
    """What is heard of ``written``, which is written over and over if ``again``."""
    asked_in, asked = os.pipe()
    heard, said = os.pipe()

    def write() -> None:
        try:
            os.write(said, written)
            while again:
                os.write(said, written)
        except OSError:
            return

    channel = Channel(os.fdopen(asked, "wb"), os.fdopen(heard, "rb"))
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        return channel.ask({"op": "run"}, seconds)
    finally:
        channel.close()
        writer.join(5)
        os.close(said)
        os.close(asked_in)


def test_a_flood_without_a_line_end_is_cut_off() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="without end"):
            _heard(b"x" * 65536, again=True, seconds=60)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "answer",
    [
        b'{"id": 7}\n',
        b'{"id": true}\n',
        b'{"id": 1e9}\n',
        b"{}\n",
        b"[]\n",
        b"7\n",
        b"\n",
        b"\xff\n",
        b"[" * 60_000 + b"\n",
        b'{"id": ' + b"9" * 5000 + b"}\n",
    ],
)
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        _heard(answer)


def test_data_that_trickles_does_not_hold_the_deadline_up() -> None:
    began = time.monotonic()
    with pytest.raises((OSError, ValueError)):
        _heard(b" ", again=True, seconds=0.3)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "changed",
    [
        {"ended": "later"},
        {"ended": ["done"]},
        {"code": "0"},
        {"code": 2**70},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"hits": [[-1, 2]]},
        {"hits": {"1": 2}},
        {"events": [7]},
        {"events": [{"start": 1}]},
        {"events": [{"test": "t"}]},
        {"events": [TEST | {"outcome": "fine"}]},
        {"events": [TEST | {"lines": [2**40]}]},
        {"events": [TEST | {"lines": ["1"]}]},
        {"events": [TEST | {"places": [[1, 2]]}]},
        {"events": [TEST | {"detail": {"exception": 1, "message": "", "frames": [], "lines": []}}]},
        {"events": [{"modules": [["a"]]}]},
        {"events": [{"trace": "else"}]},
        {"events": [{"trace": "begin", "test": "t"}]},
        {"events": [{"trace": "stop", "why": "nobody asked for a trace"}]},
        {"events": [{"files": "a"}]},
    ],
)
def test_a_run_of_wrong_types_or_numbers_is_refused(changed: dict[str, object]) -> None:
    assert run_of({**RUN, "events": [TEST]}, 9).passed()
    with pytest.raises(ValueError, match=r"\w"):
        run_of({**RUN, **changed}, 9)


CALL = {"trace": "call", "id": 2, "code": 1, "parent": 1, "depth": 0, "thread": 0, "line": 2} | {
    "how": "returned",
    "args": {},
    "visits": [{"block": 2, "at": [1], "in": {}, "out": {}}],
    "loops": [{"header": 1, "count": 3, "told": [1, 3], "at": []}],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"id": 0, "parent": 0},
        {"parent": 2},
        {"code": 2},
        {"code": -1},
        {"line": 9},
        {"line": -2},
        {"how": "flown"},
        {"visits": [{"block": 9, "at": [], "in": {}, "out": {}}]},
        {"visits": [{"block": -1, "at": [], "in": {}, "out": {}}]},
        {"visits": [{"block": 2, "at": [1, 1], "in": {}, "out": {}}]},
        {"visits": [{"block": 2, "at": [1], "in": {}, "out": {}, "line": 7}]},
        {"loops": [{"header": 7, "count": 3, "told": [], "at": []}]},
        {"loops": [{"header": 1, "count": 3, "told": [5], "at": []}]},
        {"loops": [{"header": 1, "count": 3, "told": [], "at": [1]}]},
        {"trace": "at", "call": 0, "block": 0, "in": {}},
        {"trace": "at", "call": 1, "block": 2**40, "in": {}},
        {"trace": "at", "call": 1, "block": 0, "in": {"a": 1}},
    ],
)
def test_a_trace_of_what_the_file_does_not_have_is_refused(changed: dict[str, object]) -> None:
    text = "def f(rows):\n    n = 0\n    for row in rows:\n        row += 1\n    return rows\n"
    traced = Traced(block_plan(text).to_json())
    assert run_of({**RUN, "events": [CALL]}, 9, traced).trace == (CALL,)
    with pytest.raises(ValueError, match=r"\w"):
        run_of({**RUN, "events": [{**CALL, **changed}]}, 9, traced)


def test_lines_that_the_file_does_not_have_are_not_told() -> None:
    lines = [3, 10, 2**31 - 1]
    detail = {"exception": "E", "message": "", "frames": [], "lines": lines}
    places = [[line, 0, line, 1] for line in lines] + [[3, 0, 10, 1]]
    test = {**TEST, "outcome": "failed", "lines": lines, "places": places, "detail": detail}
    hits = [[line, 1] for line in lines]
    run = run_of({**RUN, "last": 10, "hits": hits, "events": [test]}, 9)
    assert (run.hits, run.last) == ({3: 1}, 0)
    [told] = run.tests
    assert told.failure
    assert told.failure.lines == (3,)
    assert told.lines == frozenset({3})
    assert told.places == frozenset({(3, 0, 3, 1)})


MORE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_answer_is_a_run_or_refused(data: st.DataObject) -> None:
    """One to three places of a true answer hold something else."""
    detail = {"exception": "E", "message": "m", "frames": [["a.py", 1, "f"]], "lines": [1]}
    answer: Any = {**RUN, "hits": [[1, 2]], "last": 1}
    answer["events"] = [
        {"start": "t"},
        {**TEST, "detail": detail, "lines": [1], "places": [[1, 0, 1, 4]], "steps": [[1, [1]]]},
        {"modules": [["a", "a.py"]], "patterns": [["x", True, 0]], "collected": ["t"]},
    ]
    for _ in range(data.draw(st.integers(1, 3))):
        at = answer
        while True:
            keys = sorted(at) if isinstance(at, dict) else range(len(at))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            inner = at[key]
            if isinstance(inner, dict | list) and data.draw(st.booleans()):
                at = inner
                continue
            at[key] = data.draw(MORE)
            break
    with contextlib.suppress(ValueError):
        run = run_of(answer, 9)
        assert all(0 <= line <= 9 for test in run.tests for line in test.lines)


def test_answers_to_other_calls_are_refused() -> None:
    told = {"known": [True, False], "calls": ["f()"], "wanted": [None]}
    assert behaviour_of({**told, "answers": [["1"], ["2"]]}).variants == (("2",), None)
    for answers in ([["1"]], [["1"], ["2", "3"]], [["1"], [2]], [["1"], ["2"], ["3"]]):
        with pytest.raises(ValueError, match=r"\w"):
            behaviour_of({**told, "answers": answers})


@pytest.mark.sandbox
@pytest.mark.parametrize("words", ["'{\"id\": 99}\\n'", "'x' * 40_000_000"])
def test_tests_that_write_into_the_answers_end_their_sandbox_alone(
    sandbox: StartSandbox, workspace: Path, words: str
) -> None:
    (workspace / "test_m.py").write_text(
        "import os\n\nfor number in range(3, 64):\n    try:\n"
        f"        os.write(number, ({words}).encode())\n    except OSError:\n        pass\n\n\n"
        "def test_it():\n    pass\n"
    )
    plan = parse("python -m pytest test_m.py", str(workspace)).plan
    server = sandbox()
    with pytest.raises(SandboxDiedError, match="wrote into the answers of the sandbox"):
        server.hold(plan, wall=60)
    (workspace / "test_m.py").write_text("def test_it():\n    pass\n")
    assert sandbox().run(plan, {}, Terms(wall=60)).passed()


@pytest.mark.sandbox
def test_a_forged_trace_is_told_and_not_shown(victim: Victim) -> None:
    """The test finds what follows it, and tells of a call that made itself, in code that there is
    not."""
    (victim.clone / "m.py").write_text("def twice(x):\n    return x * 3\n")
    (victim.clone / "test_m.py").write_text(
        "import gc\nfrom m import twice\n\n\ndef test_it():\n"
        "    for one in gc.get_objects():\n        if type(one).__name__ == 'BlockTrace':\n"
        "            one._write({'trace': 'at', 'call': 0, 'code': 999, 'block': 0, 'in': {}})\n"
        "    assert twice(1) == 2\n"
    )
    words = ("debug", "m.py", "--test", "pytest test_m.py", "--json", "--python", sys.executable)
    ran = victim.runs(*words, seconds=120)
    document = json.loads(ran.out)
    assert (document["status"], document["runs"]) == ("failing", [])
    assert "wrote into the answers of the sandbox" in document["reason"]
