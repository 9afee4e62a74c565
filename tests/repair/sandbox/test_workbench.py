"""Sandboxes that import early what each run imports anyway, and nothing of the workspace's."""

from __future__ import annotations

import shutil
from pathlib import Path

import iniconfig
import pytest

from analysis.deadline import Cancellation, Deadline
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.run import Plan, Preload, Terms
from repair.sandbox.workbench import Workbench
from repair.source.file import Source
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("started", [True, False], ids=["before", "after"])
def test_where_early_imports_reach_the_workspace_there_are_none(
    sandbox: StartSandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch, started: bool
) -> None:
    """A plugin may use the package under repair: every fork would have its old code loaded."""
    target = str(workspace / "m.py")
    Path(target).write_text("x = 1\n")
    monkeypatch.setenv("PYTHONPATH", str(workspace))
    plan = Plan("code", "the code", ("import m; print(m.x)",), str(workspace))
    with Workbench(sandbox().policy, target, 1, {}, Cancellation()) as bench:

        def said() -> list[str]:
            servers = (bench.cold(), bench.apart())
            new = {target: b"x = 2\n"}
            return [server.run(plan, new, Terms(wall=30)).output.strip() for server in servers]

        if started:
            bench.cold()
        bench.preload(Preload(("m",)))
        assert said() == ["2", "2"]


def test_a_long_repair_collects_no_callbacks(sandbox: StartSandbox, workspace: Path) -> None:
    """A sandbox that has ended must not be kept alive by what could have ended it."""
    policy, target, stop = sandbox().policy, str(workspace / "m.py"), Cancellation()
    with Workbench(policy, target, 1, {}, stop) as bench:
        for _ in range(2):
            bench.fresh().close()
            bench.cold()
            bench.renew()
            bench.apart()
            bench.abandon()
            assert stop.registered == 0


def test_an_installed_copy_of_the_workspace_s_module_is_not_imported_early(
    sandbox: StartSandbox, workspace: Path
) -> None:
    """pytest uses pygments: whoever fixes pygments must not be judged by the one beside pytest."""
    (workspace / "colorsys.py").write_text("x = 1\n")
    path0 = str(workspace)
    plan = Plan("code", "c", ("import colorsys; print(colorsys.x)",), path0, path0=path0)
    with Workbench(sandbox().policy, str(workspace / "m.py"), 1, {}, Cancellation()) as bench:
        bench.preload(Preload(("colorsys",), own=("colorsys",)))
        for server in (bench.cold(), bench.apart()):
            assert server.run(plan, {}, Terms(wall=30)).output.strip() == "1"


def test_what_pytest_uses_is_the_workspace_s_where_that_is_under_repair(
    sandbox: StartSandbox, workspace: Path
) -> None:
    package = workspace / "iniconfig"
    shutil.copytree(Path(iniconfig.__file__).parent, package)
    target, wrong = package / "twice.py", "def twice(n):\n    return n * 3\n"
    target.write_text(wrong)
    (workspace / "test_m.py").write_text(
        "from iniconfig.twice import twice\n\ndef test_twice():\n    assert twice(2) == 4\n"
    )
    command = parse("python -m pytest test_m.py", str(workspace))
    fixed = {str(target): wrong.replace("3", "2").encode()}
    with Workbench(sandbox().policy, str(target), 2, {}, Cancellation()) as bench:
        diagnose(Source(str(target), wrong), command, bench, Deadline.after(60))
        for server in (bench.cold(), bench.apart()):
            run = server.run(command.plan, fixed, Terms(wall=30))
            assert run.passed(), run.output


def test_other_modules_are_imported_early(sandbox: StartSandbox, workspace: Path) -> None:
    plan = Plan("code", "c", ("import sys; print('colorsys' in sys.modules)",), str(workspace))
    with Workbench(sandbox().policy, str(workspace / "m.py"), 1, {}, Cancellation()) as bench:
        assert bench.cold().run(plan, {}, Terms(wall=30)).output.strip() == "False"
        bench.preload(Preload(("colorsys",)))
        for server in (bench.cold(), bench.apart()):
            assert server.run(plan, {}, Terms(wall=30)).output.strip() == "True"


def test_tests_that_are_held_already_are_not_held_anew(
    sandbox: StartSandbox, workspace: Path
) -> None:
    target = workspace / "m.py"
    target.write_text("x = 1\n")
    (workspace / "test_m.py").write_text("import m\n\ndef test_x():\n    assert m.x == 1\n")
    (workspace / "test_n.py").write_text("def test_n():\n    pass\n")
    plan, other = (
        Plan("pytest", "pytest", (name,), str(workspace), path0=str(workspace))
        for name in ("test_m.py", "test_n.py")
    )
    with Workbench(sandbox().policy, str(target), 1, {}, Cancellation()) as bench:
        imported = bench.hold(plan, 60.0)
        server, seconds = bench.warm, bench.held_in
        assert imported == frozenset({1})
        assert bench.hold(plan, 60.0) == imported
        assert (bench.warm, bench.held_in) == (server, seconds)
        assert bench.hold(plan, 60.0, ["test_m.py::test_gone"]) is None
        assert bench.hold(other, 60.0) is not None
        assert bench.held == ("test_n.py::test_n",)
        bench.renew()
        assert bench.hold(other, 60.0) is not None
        assert bench.warm is not None
