"""A function written anew by a model that is told what the failing run did in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding.opening import OpenWriter
from repair.candidates.dialog import Talk, body, task
from repair.components import Component
from repair.failure.command import parse
from repair.healing import heal
from repair.job import Job
from repair.source.file import Source
from tests.repair.conftest import StartSandbox

MODULE = '''\
def total(prices):
    """The sum of all prices."""
    result = 1
    for price in prices:
        result = result * price
    return result
'''
TESTS = """\
from m import total


def test_total():
    assert total([2, 3, 5]) == 10
    assert total([]) == 0
"""


def test_the_question_shows_the_code_and_what_it_did() -> None:
    asked = task(Talk.DIALOG, "def f(x):\n    return x", "f(x = 1):\nIt returned 1")
    assert "```python\ndef f(x):\n    return x\n```" in asked
    assert asked.index("block by block") < asked.index("It returned 1")
    assert "comments" in task(Talk.PLAN, "def f(): ...", "")
    assert "block by block" not in task(Talk.PLAN, "def f(): ...", "")


def test_a_plan_is_no_part_of_the_body() -> None:
    written = " Add all.\n    # 2. Return it.\n\n    # done\n    r = 0\n    # kept\n    return r"
    assert body(Talk.PLAN, written) == "r = 0\n    # kept\n    return r"
    assert body(Talk.PLAN, " Nothing but a plan.\n    # 2. More of it.") == ""
    assert body(Talk.DIALOG, "# kept\n    return 1") == "# kept\n    return 1"


@pytest.mark.model
@pytest.mark.sandbox
@pytest.mark.slow
def test_a_body_with_two_mistakes_is_written_anew(
    writer: OpenWriter, sandbox: StartSandbox, workspace: Path
) -> None:
    """No one edit of a line fixes it, and the model is all there is."""
    (workspace / "m.py").write_text(MODULE)
    (workspace / "test_m.py").write_text(TESTS)
    path = str(workspace / "m.py")
    test = parse("python -m pytest test_m.py", str(workspace))
    job = Job(
        source=Source(path, MODULE),
        snapshot=Snapshot(path, MODULE, Workspace(str(workspace))),
        original=MODULE.encode(),
        command=test,
        suite=None,
        policy=sandbox().policy,
        time_limit=240,
        without=frozenset({Component.MUTATION, Component.INFILL}),
    )
    found = heal(job, writer, None, _say_nothing, Cancellation())
    assert found.status == "verified", found.reason
    assert found.patch is not None
    assert found.patch.strategy in set(Talk)
    assert b'"""The sum of all prices."""' in found.patch.data
    assert found.model_tokens > 0


def _say_nothing(_message: str, _share: float) -> None:
    return
