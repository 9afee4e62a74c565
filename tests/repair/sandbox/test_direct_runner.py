"""Tests run without pytest's protocol come out as with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.sandbox.run import Plan, Terms
from tests.repair.conftest import StartSandbox
from tests.repair.sandbox.outcomes import outcomes

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


def test_what_is_held_comes_out_as_pytest_says(sandbox: StartSandbox, workspace: Path) -> None:
    (workspace / "test_m.py").write_text(CASES)
    plan = Plan("pytest", "pytest", ("test_m.py",), str(workspace), path0=str(workspace))
    terms = Terms(wall=60)
    said = outcomes(sandbox().run(plan, {}, terms))
    server = sandbox()
    assert server.hold(plan, wall=30) is not None
    held = outcomes(server.patch(plan, (), terms))
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


#: What a project may have around its tests, by files, and tests that meet it.
AROUND = {
    "warnings are errors": {
        "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
        "filterwarnings =\n    error\n    ignore:so be it\n",
        "test_m.py": """
import threading
import unittest
import warnings

class Bad:
    def __del__(self):
        raise ValueError

def test_warns():
    warnings.warn("careful")

def test_warns_of_what_is_ignored():
    warnings.warn("so be it")

def test_raises_where_nobody_can_see():
    Bad()

def test_raises_in_a_thread():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()

def test_catches_a_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("careful")
    assert len(caught) == 1

class Case(unittest.TestCase):
    def test_warns(self):
        warnings.warn("careful")

    def test_raises_where_nobody_can_see(self):
        Bad()
""",
    },
    "a test that does not tidy up": {
        "test_m.py": """
import warnings

def test_is_strict():
    warnings.simplefilter("error")

def test_warns():
    warnings.warn("careful")
""",
    },
    "a hook sets up": {
        "conftest.py": "def pytest_runtest_setup(item):\n    item.module.ready = True\n",
        "test_m.py": "ready = False\n\ndef test_ready():\n    assert ready\n",
    },
    "a hook of another folder": {
        "a/conftest.py": "def pytest_runtest_call(item):\n    raise ValueError\n",
        "a/test_a.py": "def test_a():\n    pass\n",
        "test_m.py": "def test_b():\n    pass\n",
    },
    "a hook makes something else of it": {
        "conftest.py": """
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        report.outcome = "failed" if report.passed else "passed"
""",
        "test_m.py": "def test_a():\n    pass\n\ndef test_b():\n    assert 0\n",
    },
    "levels of loggers": {
        "pytest.ini": "[pytest]\nlog_level = DEBUG\n",
        "test_m.py": "import logging\n\ndef test_debugs():\n"
        "    assert logging.getLogger('x').isEnabledFor(logging.DEBUG)\n",
    },
    "the name of the test": {
        "test_m.py": "import os\n\ndef test_named():\n"
        "    assert os.environ['PYTEST_CURRENT_TEST'] == 'test_m.py::test_named (call)'\n",
    },
}


@pytest.mark.parametrize("files", AROUND.values(), ids=AROUND.keys())
def test_what_is_around_tests_has_its_say(
    sandbox: StartSandbox, workspace: Path, files: dict[str, str]
) -> None:
    for name, text in files.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    plan = Plan("pytest", "pytest", (), str(workspace), path0=str(workspace))
    server = sandbox()
    said = outcomes(server.run(plan, {}, Terms(wall=60)))
    assert server.hold(plan, wall=30) is not None
    assert said
    assert outcomes(server.patch(plan, (), Terms(wall=60))) == said


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
    said = outcomes(server.run(plan, {}, Terms(wall=60)))
    assert server.hold(plan, wall=30) is not None
    assert outcomes(server.patch(plan, (), Terms(wall=60))) == said
    assert sorted(said.values()) == ["error", *["passed"] * 5]
