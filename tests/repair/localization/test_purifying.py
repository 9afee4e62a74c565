"""A failing test of many statements: how suspicious what each of them ran is.

A case is a test whose comments say which line of the program each statement ran, and ``# fails``
where it ends. Expected are the program's lines by suspicion; what stands together is equal.
"""

from __future__ import annotations

import re
import textwrap

import pytest

from repair.localization import Method, localize
from repair.sandbox.run import FailedTest, Outcome, TestResult
from repair.source.file import Source

#: A function for each line that a statement may have run.
PROGRAM = Source("m.py", "def f():\n" + "    pass\n" * 9)

CASES = {
    "checks that held": (
        """
        def test_it():
            assert f(1) == 1  # 2 3
            assert f(2) == 2  # 2 4
            assert f(3) == 3  # 2 5, fails
        """,
        [{2, 5}, {3, 4}],
    ),
    "what was done for this check": (
        """
        def test_it():
            first = f(1)  # 3
            assert first == 1
            second = f(2)  # 4
            assert second == 2  # fails
        """,
        [{4}, {3}],
    ),
    "what made the object, and other checks of it": (
        """
        def test_it():
            other = Other()  # 2
            made = Made()  # 3
            assert other.is_well()  # 4
            assert made.is_well()  # 5
            assert made.count == 1  # fails
        """,
        [{3}, {5}, {2, 4}],
    ),
    "a loop": (
        """
        def test_it():
            for given in (1, 2):
                assert f(given)  # 2
            for wanted in (3, 4):
                assert g(wanted)  # 3, fails
        """,
        [{3}, {2}],
    ),
    "what is expected to raise": (
        """
        def test_it(queue):
            assert f(1)  # 2
            with pytest.raises(Full):
                queue.put(1)  # 3
            assert f(2)  # 4, fails
        """,
        [{3, 4}, {2}],
    ),
    "methods of unittest": (
        """
        class Test(TestCase):
            def test_it(self):
                self.assertEqual(f(1), 1)  # 2
                self.assertEqual(
                    f(2),
                    2,
                )  # 3
                self.assertEqual(f(3), 3)  # 4, fails
        """,
        [{4}, {2, 3}],
    ),
    "coroutines": (
        """
        async def test_it():
            assert await f(1)  # 2
            await assert_that(f(2))  # 3
            assert await f(3)  # 4, fails
        """,
        [{4}, {2, 3}],
    ),
    "nothing that it rests on": (
        """
        def test_it():
            assert f(1) == 1  # 2
            assert 1 == 2  # fails
        """,
        [{2}],
    ),
}


def _result(text: str, *fixture: int) -> TestResult:
    """The failing test that the comments of ``text`` describe; ``fixture`` ran before it."""
    steps, failed = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        _, _, comment = line.partition("# ")
        ran = frozenset(map(int, re.findall(r"\d", comment)))
        if line.strip() and "def " not in line and "class " not in line:
            steps.append((number, ran))
        if "fails" in comment:
            failed = number
            break
    failure = FailedTest("AssertionError", frames=(("/w/test_m.py", failed, "test_it"),))
    lines = frozenset(fixture).union(*(ran for _line, ran in steps))
    return TestResult(
        "test_m.py::test_it[1]", Outcome.FAILED, failure=failure, lines=lines, steps=tuple(steps)
    )


def _ranked(result: TestResult, tests: dict[str, Source]) -> list[set[int]]:
    lines = localize(PROGRAM, [result], methods={Method.STEPS}, tests=tests).lines
    scores = sorted(set(lines.values()), reverse=True)
    return [{line for line, score in lines.items() if score == each} for each in scores]


@pytest.mark.parametrize("name", CASES)
def test_what_ran_for_the_statement_that_fails_comes_first(name: str) -> None:
    text, expected = CASES[name]
    text = textwrap.dedent(text)
    assert _ranked(_result(text), {"/w/test_m.py": Source("/w/test_m.py", text)}) == expected


def test_what_fixtures_ran_may_be_what_a_check_rests_on() -> None:
    text = "def test_it(made):\n    assert f(1)  # 3\n    assert made.is_well()  # 4, fails\n"
    result = _result(text, 2)
    assert _ranked(result, {"/w/test_m.py": Source("/w/test_m.py", text)}) == [{4}, {2}, {3}]


@pytest.mark.parametrize("text", [None, "def test_it(:\n", "", "def test_other():\n    f()\n"])
def test_of_a_test_that_is_not_known_all_lines_count_alike(text: str | None) -> None:
    case, _expected = CASES["checks that held"]
    tests = {} if text is None else {"/w/test_m.py": Source("/w/test_m.py", text)}
    assert _ranked(_result(textwrap.dedent(case)), tests) == [{2, 3, 4, 5}]
