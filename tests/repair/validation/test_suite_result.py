"""All tests of a suite are run whatever one of them does, by several processes where there are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from repair.failure.command import parse
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.probe.pytest_runner import dealt
from repair.sandbox.run import Outcome
from repair.validation.suite_result import suite_result_of
from tests.repair.conftest import StartSandbox

#: Tests that say which process ran them, by failing; and one that ends it.
ONE = """\
import os

import pytest


@pytest.mark.parametrize("number", range(4))
def test_where(number):
    assert not os.getpid()


class TestOther:
    def test_it(self):
        pass
"""
OTHER = ONE + "\ndef test_end():\n    os._exit(3)\n\ndef test_behind():\n    pass\n"


@pytest.fixture
def lanes(sandbox: StartSandbox, workspace: Path) -> Iterator[ForkServer]:
    (workspace / "m.py").write_text("")
    (workspace / "test_one.py").write_text(ONE)
    (workspace / "test_other.py").write_text(OTHER)
    with ForkServer(sandbox().policy, str(workspace / "m.py"), 1, most_lanes=2) as server:
        server.spread(2)
        yield server


@pytest.mark.sandbox
def test_each_test_is_run_once_in_one_of_the_processes(lanes: ForkServer, workspace: Path) -> None:
    assert lanes.lanes == 2
    plan = parse("python -m pytest", str(workspace)).plan
    result_of_suite = suite_result_of(lanes, plan, {}, Deadline.after(90), str(workspace / "m.py"))
    assert not result_of_suite.left
    assert {test: result.outcome for test, result in result_of_suite.results.items()} == {
        **{
            f"test_{f}.py::test_where[{n}]": Outcome.FAILED
            for f in ("one", "other")
            for n in range(4)
        },
        **{f"test_{file}.py::TestOther::test_it": Outcome.PASSED for file in ("one", "other")},
        "test_other.py::test_end": Outcome.CRASH,
        "test_other.py::test_behind": Outcome.PASSED,
    }
    said = {
        t.partition("::")[0]: r.failure for t, r in result_of_suite.results.items() if "where" in t
    }
    assert len({failure.message for failure in said.values() if failure}) == 2


@pytest.mark.sandbox
def test_what_failed_by_then_is_told_in_time_to_be_compared(
    sandbox: StartSandbox, workspace: Path
) -> None:
    slow = "import time\n\nimport m\n\ndef test_slow():\n    time.sleep(60)\n"
    (workspace / "m.py").write_text("")
    (workspace / "test_m.py").write_text(
        slow.replace("def", "def test_bad():\n    assert 0\n\ndef")
    )
    plan = parse("python -m pytest", str(workspace)).plan
    deadline = Deadline.after(9)
    result_of_suite = suite_result_of(sandbox(), plan, {}, deadline, str(workspace / "m.py"))
    assert {test: r.outcome for test, r in result_of_suite.results.items()} == {
        "test_m.py::test_bad": Outcome.FAILED
    }
    assert result_of_suite.left == ("test_m.py::test_slow",)
    assert not deadline.expired()


FILES = [
    "a/test_a.py::T::x",
    "a/test_a.py::T::y",
    "test_b.py::x",
    "test_c.py::x[1]",
    "test_c.py::y",
]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _function(test: str) -> str:
    return test.partition("[")[0]


@pytest.mark.parametrize("parts", [1, 2, 3, 9])
def test_every_test_is_dealt_to_one_part_and_keeps_its_place(parts: int) -> None:
    mine = [dealt(FILES, number, parts, (_file, _function)) for number in range(parts)]
    assert sorted(test for part, _others in mine for test in part) == sorted(FILES)
    for part, others in mine:
        assert {*part, *others} == {*FILES}
        assert all(FILES.index(one) < FILES.index(other) for one, other in pairwise(part))


def test_what_belongs_together_is_parted_only_where_it_is_most_of_all() -> None:
    together, _others = dealt(FILES, 0, 2, (_file, _function))
    assert {_file(test) for test in together} == {"a/test_a.py"}
    one_file = [f"test_m.py::f{number}[{case}]" for number in range(4) for case in range(3)]
    half, _others = dealt(one_file, 1, 2, (_file, _function))
    assert {_function(test) for test in half} == {"test_m.py::f1", "test_m.py::f3"}
    assert dealt([], 0, 2, (_file,)) == ([], [])
