"""The command is run without the patch, too; where that run did not take place, nobody says so."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from repair.failure.baseline_run import BaselineRun, Seen
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("command", "hung", "expected"),
    [
        ("exit 3", False, Seen.FAILS),
        ("exit 0", False, Seen.PASSES),
        ("sleep 60", False, Seen.UNKNOWN),
        ("sleep 60", True, Seen.FAILS),
    ],
)
def test_a_command_fails_passes_or_is_not_known(
    sandbox: StartSandbox, workspace: Path, command: str, hung: bool, expected: Seen
) -> None:
    wall = 1.0 if command == "sleep 60" else 60.0
    baseline = BaselineRun(sandbox().policy, command, str(workspace / "m.py"), {}, wall)
    with contextlib.closing(baseline):
        seen, reason = baseline.seen(hung=hung, fixed_s=0.1 if not hung else 10.0)
    assert seen is expected
    assert bool(reason) == (expected is not Seen.FAILS)


@pytest.mark.parametrize("hung", [False, True])
def test_a_sandbox_that_does_not_start_shows_no_failure(
    sandbox: StartSandbox, workspace: Path, hung: bool
) -> None:
    policy = sandbox().policy
    policy = replace(policy, interpreter=replace(policy.interpreter, executable="/none/python"))
    baseline = BaselineRun(policy, "exit 3", str(workspace / "m.py"), {})
    with contextlib.closing(baseline):
        seen, reason = baseline.seen(hung=hung, fixed_s=10.0)
    assert seen is Seen.UNKNOWN
    assert reason.startswith("the command could not be run without the patch: the sandbox ended")
