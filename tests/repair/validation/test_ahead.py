"""Tests that reach a change run ahead of the rest of the suite."""

from __future__ import annotations

import contextlib
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Workspace
from repair.failure.baseline_run import BaselineRun
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.run import Terms
from repair.sandbox.workbench import Workbench
from repair.source.file import Source
from repair.validation.ahead import Ahead, changed
from repair.validation.validator import Validator
from tests.repair.conftest import StartSandbox

FILES = {
    "setup.cfg": "",
    "shop.py": """
        def half(number):
            return number // 2

        class Basket:
            def total(self):
                return half(4)

        def unrelated():
            return 1
        """,
    "conftest.py": """
        import pytest
        import shop

        @pytest.fixture
        def basket():
            return shop.Basket().total()
        """,
    "test_a.py": """
        import shop

        def test_far():
            assert shop.unrelated() == 1

        def test_fixture(basket):
            assert basket == 2
        """,
    "test_b.py": """
        import functools
        import unittest
        import shop

        def marked(function):
            @functools.wraps(function)
            def run(*words):
                return function(*words)
            return run

        class Far(unittest.TestCase):
            def test_nothing(self):
                pass

        class Near(unittest.TestCase):
            def setUp(self):
                self.total = shop.Basket().total()

            def test_one(self):
                self.assertEqual(self.total, 2)

        class Nearest(unittest.TestCase):
            def test_other(self):
                pass

            @marked
            def test_half(self):
                self.assertEqual(shop.half(4), 2)
        """,
}


@pytest.fixture
def project(workspace: Path) -> Path:
    for name, text in FILES.items():
        (workspace / name).write_text(textwrap.dedent(text))
    return workspace


def _ahead(project: Path, folder: Path) -> tuple[tuple[str, str, int], ...]:
    path = project / "shop.py"
    before = path.read_bytes()
    ahead = Ahead(Workspace(str(project)), folder)
    try:
        ahead.begin()
        assert ahead.wait(60, Cancellation())
        near = ahead.of(str(path), before, before.replace(b"// 2", b"/ 2"))
    finally:
        ahead.close()
    return tuple((each.path, each.qualname, each.distance) for each in near)


@pytest.mark.sandbox
def test_pytest_runs_what_reaches_the_change_first(
    sandbox: StartSandbox, project: Path, tmp_path: Path
) -> None:
    plan = replace(
        parse("python -m pytest", str(project)).plan, ahead=_ahead(project, tmp_path / "graph")
    )
    run = sandbox("shop.py").run(plan, {}, Terms(wall=30))
    ran = [test.id.partition("::")[2] for test in run.tests]
    assert ran == [
        *("Nearest::test_half", "Nearest::test_other"),
        *("test_fixture", "test_far", "Near::test_one", "Far::test_nothing"),
    ]
    assert [test.id for test in run.tests] == list(run.collected)


@pytest.mark.sandbox
def test_unittest_does_too(sandbox: StartSandbox, project: Path, tmp_path: Path) -> None:
    plan = replace(
        parse("python -m unittest", str(project)).plan,
        args=("test_b",),
        ahead=_ahead(project, tmp_path / "graph"),
    )
    run = sandbox("shop.py").run(plan, {}, Terms(wall=30))
    ran = [test.id.partition(".")[2] for test in run.tests]
    assert ran == [
        *("Nearest.test_half", "Nearest.test_other", "Near.test_one", "Far.test_nothing"),
    ]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("python -m pytest", "test_b.py::Near::test_one"),
        ("python -m unittest test_b", "test_b.Near.test_one"),
    ],
)
def test_what_is_named_first_runs_first_without_a_graph(
    command: str, first: str, sandbox: StartSandbox, project: Path
) -> None:
    plan = parse(command, str(project)).plan
    usual = sandbox("shop.py").run(plan, {}, Terms(wall=30)).collected
    run = sandbox("shop.py").run(replace(plan, first=(first,)), {}, Terms(wall=30))
    assert run.collected == (first, *(test for test in usual if test != first))
    assert run.near == (first,)


def test_what_a_patch_changes() -> None:
    before = textwrap.dedent(FILES["shop.py"])
    assert changed(before.encode(), before.replace("half(4)", "half(6)").encode()) == (
        "Basket.total",
    )
    assert changed(before.encode(), ("X = 1\n" + before).encode()) == ("",)
    assert changed(before.encode(), ("# said\n" + before).encode()) == ()
    based = before.replace("class Basket:", "class Basket(dict):")
    assert changed(before.encode(), based.encode()) == ("Basket",)
    assert changed(before.encode(), b"def (") == ("",)


def test_without_a_graph_the_order_stays(project: Path, tmp_path: Path) -> None:
    ahead = Ahead(Workspace(str(project)), tmp_path / "graph")
    text = (project / "shop.py").read_bytes()
    assert ahead.of(str(project / "shop.py"), text, text.replace(b"// 2", b"/ 2")) == ()
    ahead.close()


@pytest.mark.sandbox
def test_a_suite_longer_than_the_time_is_judged_by_what_reaches_the_change(
    sandbox: StartSandbox, workspace: Path, tmp_path: Path
) -> None:
    text = "def half(n):\n    return n // 3\n"
    (workspace / "m.py").write_text(text)
    slow = "import time, pytest\n\n@pytest.mark.parametrize('n', range(100))\n"
    (workspace / "test_a.py").write_text(slow + "def test_slow(n):\n    time.sleep(0.5)\n")
    tests = "from m import half\n\ndef test_four():\n    assert half(4) == 2\n\n"
    (workspace / "test_z.py").write_text(tests + "def test_none():\n    assert half(0) == 0\n")
    source = Source(str(workspace / "m.py"), text)
    command = parse("python -m pytest test_z.py::test_four", str(workspace))
    policy = sandbox().policy
    ahead = Ahead(Workspace(str(workspace)), tmp_path / "graph")
    ahead.begin()
    assert ahead.wait(60, Cancellation())
    with (
        contextlib.closing(BaselineRun(policy, command.plan.command, source.path, {})) as baseline,
        Workbench(policy, source.path, 2, {}, Cancellation()) as bench,
        contextlib.closing(ahead),
    ):
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        validator = Validator(command, None, diagnosis, bench, {}, baseline, ahead)
        right = validator.validate(source.path, text.replace("3", "2").encode(), Deadline.after(12))
        assert right.good
        assert not right.complete
        assert len(right.not_run) > 50
        assert all("test_slow" in test for test in right.not_run)
        wrong = validator.validate(
            source.path, text.replace("n // 3", "2").encode(), Deadline.after(12)
        )
        assert wrong.broken == ("test_z.py::test_none",)
