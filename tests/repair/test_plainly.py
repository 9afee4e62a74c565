"""Tests run without pytest's protocol come out as with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.sandbox.run import Plan, Run, Terms
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox

CASES = """
import unittest

import pytest


class Case(unittest.TestCase):
    def setUp(self):
        self.left = []

    def tearDown(self):
        assert not self.left

    def test_passes(self):
        self.assertEqual(1 + 1, 2)

    def test_fails(self):
        self.assertEqual(1, 2)

    def test_raises(self):
        raise KeyError(1)

    def test_leaves(self):
        self.left.append(1)

    def test_cleans_up_in_vain(self):
        self.addCleanup(lambda: 1 / 0)

    def test_skips(self):
        self.skipTest("not now")

    def test_skips_as_pytest_does(self):
        pytest.skip("not now")

    @unittest.skip("never")
    def test_is_skipped(self):
        pass

    @unittest.expectedFailure
    def test_fails_as_expected(self):
        self.fail()

    @unittest.expectedFailure
    def test_passes_unexpectedly(self):
        pass

    def test_has_parts(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    def test_raises_what_is_no_exception(self):
        pytest.fail("so it is")

    @pytest.mark.xfail
    def test_is_marked(self):
        self.fail()


class WithoutSetUp(Case):
    def setUp(self):
        raise OSError


class WithClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.known = 1

    def test_known(self):
        self.assertEqual(self.known, 1)


class WithOtherClass(unittest.TestCase):
    @staticmethod
    def setUpClass():
        WithOtherClass.known = 1

    def test_known(self):
        self.assertEqual(self.known, 2)


class Waiting(unittest.IsolatedAsyncioTestCase):
    async def test_waits(self):
        self.assertEqual(1, 1)

    async def test_waits_and_fails(self):
        self.assertEqual(1, 2)


@unittest.skip("all of it")
class Skipped(unittest.TestCase):
    def test_nothing(self):
        self.fail()


def test_passes():
    pass


def test_did_not_raise():
    with pytest.raises(ValueError):
        pass


def test_exits():
    raise SystemExit(0)


def test_is_expected_to_fail():
    pytest.xfail("so far")


def test_skips():
    pytest.skip("not now")
"""


def _outcomes(run: Run) -> dict[str, str]:
    return {test.id.partition("::")[2]: test.outcome.value for test in run.tests}


def test_what_is_held_comes_out_as_pytest_says(sandbox: StartSandbox, workspace: Path) -> None:
    (workspace / "test_m.py").write_text(CASES)
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    terms = Terms(wall=60)
    said = _outcomes(sandbox().run(plan, {}, terms))
    server = sandbox()
    assert server.hold(plan, wall=30) is not None
    held = _outcomes(server.patch(plan, (), terms))
    assert {name: said[name] for name in said if held.get(name) != said[name]} == {}
    # Those of ``Case`` are there again in the class that inherits from it.
    again = CASES.partition("class WithoutSetUp")[0].count("def test_")
    assert len(held) == len(said) == CASES.count("def test_") + again


def test_a_case_that_needs_nothing_of_pytest_runs_without_it(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_m.py").write_text(
        "import inspect\nimport unittest\n\n\nclass Case(unittest.TestCase):\n"
        "    def test_alone(self):\n"
        "        around = {frame.function for frame in inspect.stack()}\n"
        "        self.assertNotIn('pytest_runtest_protocol', around)\n"
    )
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    server = sandbox()
    assert server.hold(plan, wall=30) is not None
    assert server.patch(plan, (), Terms(wall=60)).passed()
    assert not server.run(plan, {}, Terms(wall=60)).passed()


BORDERS = """
import pytest


@pytest.fixture(scope="module")
def seen():
    return []


@pytest.fixture(scope="class")
def one_by_one(seen):
    seen.append(1)
    yield
    seen.pop()
    assert len(seen) < 2


class TestOne:
    def test_with(self, one_by_one):
        pass

    def test_without(self):
        pass


class TestTwo:
    def test_without(self):
        pass

    def test_with(self, one_by_one, seen):
        assert seen == [1]


class TestThree:
    def test_leaves(self, one_by_one, seen):
        seen += [1, 1]

    def test_is_where_tearing_down_fails(self):
        pass
"""


def test_what_a_test_has_set_up_is_torn_down_behind_one_that_needs_nothing(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_m.py").write_text(BORDERS)
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    server = sandbox()
    said = _outcomes(server.run(plan, {}, Terms(wall=60)))
    assert server.hold(plan, wall=30) is not None
    assert _outcomes(server.patch(plan, (), Terms(wall=60))) == said
    assert sorted(said.values()) == ["error", *["passed"] * 5]
