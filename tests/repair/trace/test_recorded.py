"""What is recorded of a test is what the test does, not what the runner does to describe it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.views.plan import block_plan
from repair.failure.command import parse
from repair.sandbox.run import Outcome, Terms
from repair.trace.record import traces
from repair.trace.recording import LIMITS
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox

#: Lines marked ``described`` are run only to show a value that an assert is about.
PROGRAM = """\
class Money:
    def __init__(self, cents):
        self.cents = cents

    def __eq__(self, other):
        return self.cents == other.cents

    def __hash__(self):
        return hash(self.cents)

    def __repr__(self):
        whole = self.cents // 100  # described
        return f"Money({whole})"  # described

    def __bool__(self):
        return self.cents > 0

    def __str__(self):
        return f"{self.cents} cents"


class TooMuchError(Exception):
    def __str__(self):
        return "too much"  # described


def twice(money):
    return Money(money.cents * 3)


def spend(money):
    raise TooMuchError
"""
IMPORTS = "from m import Money, spend, twice\n\n\n"
#: Asserts that fail, one a test.
ASSERTS = (
    "assert twice(Money(1)) == Money(2)",
    "assert not twice(Money(1))",
    "assert [twice(Money(1))] == [Money(2)]",
    "assert twice(Money(1)) in {Money(2): 1}, f'no other {1}'",
    "spend(Money(1))",
)
METHODS = (
    "self.assertEqual(twice(Money(1)), Money(2))",
    "self.assertFalse(twice(Money(1)))",
    "self.assertIn(twice(Money(1)), [Money(2)])",
    "self.assertEqual({1: twice(Money(1))}, {1: Money(2)})",
    "self.assertEqual([twice(Money(1))], [Money(2)])",
    "spend(Money(1))",
)
FUNCTIONS = IMPORTS + "\n\n".join(
    f"def test_{number}():\n    {line}\n" for number, line in enumerate(ASSERTS)
)
CASE = f"import unittest\n\n{IMPORTS}class Test(unittest.TestCase):\n" + "\n".join(
    f"    def test_{number}(self):\n        {line}\n" for number, line in enumerate(METHODS)
)


@pytest.mark.parametrize(
    ("command", "tests", "count"),
    [
        ("pytest test_m.py", FUNCTIONS, len(ASSERTS)),
        ("pytest test_m.py", CASE, len(METHODS)),
        ("python -m unittest test_m", CASE, len(METHODS)),
    ],
    ids=["pytest", "unittest by pytest", "unittest"],
)
def test_what_describes_a_failure_is_not_recorded(
    sandbox: StartSandbox, workspace: Path, command: str, tests: str, count: int
) -> None:
    (workspace / "m.py").write_text(PROGRAM)
    (workspace / "test_m.py").write_text(tests)
    plan = parse(command, str(workspace)).plan
    lines = PROGRAM.splitlines()
    described = {number for number, line in enumerate(lines, 1) if "# described" in line}
    blocks = {"plan": block_plan(PROGRAM).to_json(), "limits": dict(LIMITS)}
    server = sandbox()
    run = server.run(plan, {}, Terms(wall=30, trace=True, places=True))
    assert len(run.tests) == count
    for result in run.tests:
        assert result.outcome in (Outcome.FAILED, Outcome.ERROR)
        assert result.lines, "nothing was recorded at all"
        assert not described & result.lines, result.id
        assert not described & {place[0] for place in result.places}, result.id
    followed = traces(server.run(plan, {}, Terms(wall=30, blocks=blocks)).trace)
    assert len(followed) == count
    for trace in followed:
        assert trace.calls
        assert not described & {call.line + 1 for call in trace.calls}, trace.test


def test_what_the_test_itself_shows_is_recorded(sandbox: StartSandbox, workspace: Path) -> None:
    """The same method, called by the program: it is what is wrong."""
    (workspace / "m.py").write_text(PROGRAM)
    shown = "def test_it():\n    assert repr(Money(200)) == 'Money(3)'\n"
    (workspace / "test_m.py").write_text(IMPORTS + shown)
    plan = parse("pytest test_m.py", str(workspace)).plan
    run = sandbox().run(plan, {}, Terms(wall=30, trace=True))
    lines = PROGRAM.splitlines()
    first = next(number for number, line in enumerate(lines, 1) if "// 100" in line)
    assert {first, first + 1} <= run.tests[0].lines


@pytest.mark.parametrize(
    ("wrong", "exception", "line"),
    [
        ("import maths\n", "ModuleNotFoundError", 1),
        ("HALF = 1 / 2\nWHOLE = TWICE * HALF\n", "NameError", 2),
        ("from m import absent\n", "ImportError", 1),
        ("def half(n):\n    return n / 2\n\n\nHALF = half('1')\n", "TypeError", 2),
    ],
)
def test_what_ends_the_import_of_a_test_file_is_known_by_name_and_line(
    sandbox: StartSandbox, workspace: Path, wrong: str, exception: str, line: int
) -> None:
    (workspace / "m.py").write_text(wrong)
    (workspace / "test_m.py").write_text("import m\n\n\ndef test_it():\n    assert m\n")
    plan = parse("pytest test_m.py", str(workspace)).plan
    run = sandbox().run(plan, {}, Terms(wall=30, trace=True))
    (result,) = run.tests
    assert result.failure is not None
    assert result.failure.exception == exception, result.failure
    assert result.failure.lines[-1:] == (line,)
    assert [Path(frame[0]).name for frame in result.failure.frames[:2]] == ["test_m.py", "m.py"]
