"""A plausible patch is judged by the command and by every other test of the suite."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Workspace
from repair.failure.baseline_run import BaselineRun
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.workbench import Workbench
from repair.source.file import Source
from repair.validation.ahead import Ahead
from repair.validation.validator import Validator
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox

MODULE = "PAUSE = None\n\n\ndef double(number):\n    return number + 3\n"
#: With a patch the second one fails; run alone with it, it lasts as long as the patch says.
TESTS = """\
import time

import m


def test_wrong():
    assert m.double(2) == 4


def test_other(request):
    if m.PAUSE and len(request.session.items) == 1:
        time.sleep(m.PAUSE)
    assert m.PAUSE is None
"""


@contextlib.contextmanager
def judging(
    sandbox: StartSandbox, workspace: Path, **witness_sees: object
) -> Iterator[tuple[Validator, str, Ahead]]:
    """What judges patches of ``m.py``, its path, and the graph that is asked. The witness has an
    interpreter of its own with ``witness_sees``."""
    (workspace / "m.py").write_text(MODULE)
    source = Source(str(workspace / "m.py"), MODULE)
    command = parse("python -m pytest test_m.py::test_wrong", str(workspace))
    policy = sandbox().policy
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(Workbench(policy, source.path, 5, {}, Cancellation()))
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        other = replace(policy.interpreter, **witness_sees)  # type: ignore[arg-type]
        policy = replace(policy, interpreter=other)
        baseline = BaselineRun(policy, command.plan.command, source.path, {})
        ahead = Ahead(Workspace(str(workspace)))
        stack.callback(ahead.close)
        stack.callback(baseline.close)
        validator = Validator(command, None, diagnosis, bench, {}, baseline, ahead)
        yield validator, source.path, ahead


def test_a_test_that_failed_and_could_not_be_run_once_more_in_time_is_not_run(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_m.py").write_text(TESTS)
    with judging(sandbox, workspace) as (validator, path, _ahead):
        fixed = MODULE.replace("number + 3", "number * 2")

        def with_pause(seconds: float) -> bytes:
            return fixed.replace("None", str(seconds)).encode()

        validator.validate(path, with_pause(0.0), Deadline.after(120))
        # Now that the sandbox is there and the suite without a patch is known.
        began = time.monotonic()
        verdict = validator.validate(path, with_pause(0.1), Deadline.after(120))
        assert not verdict.good
        assert verdict.broken == ("test_m.py::test_other",)
        # Enough for all but the third run, and less than a silent test is waited for.
        limit = time.monotonic() - began + 4
        verdict = validator.validate(path, with_pause(60.0), Deadline.after(limit))
        assert (verdict.good, verdict.complete, verdict.broken) == (True, False, ())
        assert verdict.not_run == ("test_m.py::test_other",)


def test_a_patch_is_not_verified_where_the_run_without_it_did_not_take_place(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_m.py").write_text(TESTS)
    with judging(sandbox, workspace, executable="/none/python") as (validator, path, _ahead):
        fixed = MODULE.replace("number + 3", "number * 2").encode()
        verdict = validator.validate(path, fixed, Deadline.after(120))
    assert (verdict.good, verdict.complete) == (True, False)
    assert verdict.reason.startswith("the command could not be run without the patch: ")


def test_a_command_that_fails_with_the_patch_does_not_wait_for_the_suite(
    sandbox: StartSandbox, workspace: Path
) -> None:
    slow = "import time\n\nimport pytest\n\n\n"
    slow += "@pytest.mark.parametrize('n', range(60))\ndef test_slow(n):\n    time.sleep(5)\n"
    (workspace / "test_m.py").write_text(TESTS)
    (workspace / "test_slow.py").write_text(slow)
    near = "import m\n\n\ndef test_near():\n    assert m.double(3) == 6\n"
    (workspace / "test_near.py").write_text(near)
    with judging(sandbox, workspace) as (validator, path, ahead):
        limit = Deadline.after(200)
        verdict = validator.validate(path, MODULE.replace("3", "4").encode(), limit)
        assert (verdict.good, verdict.reason[:23]) == (False, "the command still fails")
        assert limit.remaining() > 100
        # The next one has a sandbox that is as good as new.
        fixed = MODULE.replace("number + 3", "number * 2").encode()
        assert ahead.wait(60, Cancellation())
        verdict = validator.validate(path, fixed, Deadline.after(20))
        assert (verdict.good, verdict.complete, verdict.broken) == (True, False, ())
        # Of a suite that was not run to its end, how far what can break was.
        words = "tests of the suite were not run within the time limit"
        others = f"{verdict.ran} others pass, with 1 of 1 seen to reach the change"
        assert verdict.reason == f"{len(verdict.not_run)} {words}; {others}"


def test_which_tests_reach_the_change_is_known_of_a_patch_that_is_found_at_once(
    sandbox: StartSandbox, workspace: Path
) -> None:
    """What speaks for a patch is the same on a quick machine, where the graph is not there yet."""
    (workspace / "test_m.py").write_text(TESTS)
    (workspace / "test_far.py").write_text("def test_far():\n    pass\n")
    near = "import m\n\n\ndef test_near():\n    assert m.double(3) == 6\n"
    (workspace / "test_near.py").write_text(near)
    with judging(sandbox, workspace) as (validator, path, _ahead):
        fixed = MODULE.replace("number + 3", "number * 2").encode()
        verdict = validator.validate(path, fixed, Deadline.after(120))
        assert (verdict.good, verdict.complete) == (True, True)
        assert verdict.near == {"test_near.py::test_near"}
        assert verdict.ran == 3


def test_of_what_breaks_a_test_soon_the_rest_of_the_suite_is_not_run(
    sandbox: StartSandbox, workspace: Path
) -> None:
    slow = "import time\n\nimport pytest\n\n\n"
    slow += "@pytest.mark.parametrize('n', range(60))\ndef test_slow(n):\n    time.sleep(2)\n"
    zero = "def test_zero():\n    assert m.double(0) == 3\n"
    (workspace / "test_m.py").write_text(TESTS + "\n\n" + zero)
    (workspace / "test_slow.py").write_text(slow)
    with judging(sandbox, workspace) as (validator, path, _ahead):
        limit = Deadline.after(80)
        fixed = MODULE.replace("number + 3", "number * 2").encode()
        verdict = validator.validate(path, fixed, limit)
        assert (verdict.good, verdict.broken) == (False, ("test_m.py::test_zero",))
        assert limit.remaining() > 40


def test_what_fails_as_before_does_not_end_the_suite(
    sandbox: StartSandbox, workspace: Path
) -> None:
    slow = "import time\n\nimport pytest\n\n\n"
    slow += "@pytest.mark.parametrize('n', range(9))\ndef test_slow(n):\n    time.sleep(2)\n"
    never = "\n\ndef test_never():\n    assert 0\n"
    (workspace / "test_m.py").write_text(TESTS + never)
    (workspace / "test_slow.py").write_text(slow)
    with judging(sandbox, workspace) as (validator, path, _ahead):
        fixed = MODULE.replace("number + 3", "number * 2").encode()
        verdict = validator.validate(path, fixed, Deadline.after(60))
        assert (verdict.good, verdict.complete, verdict.ran) == (True, True, 10)
        assert verdict.still == ("test_m.py::test_never",)
