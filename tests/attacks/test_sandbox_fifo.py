"""A pipe in a workspace: whoever opens one waits for ever, so that no copy and no run does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repair.failure.command import parse
from repair.sandbox.run import Terms
from tests.repair.conftest import StartSandbox, interpreter, sandbox, workspace

__all__ = ["interpreter", "sandbox", "workspace"]


@pytest.mark.sandbox
@pytest.mark.parametrize("overlays", [False, True])
def test_a_workspace_with_a_pipe_is_copied_and_its_tests_run(
    sandbox: StartSandbox, workspace: Path, overlays: bool
) -> None:
    (workspace / "data").mkdir()
    for name in ("pipe", "data/pipe.py", "conf.toml"):
        os.mkfifo(workspace / name)
    (workspace / "test_m.py").write_text("def test_it():\n    pass\n")
    server = sandbox(overlays=overlays)
    run = server.run(parse("python -m pytest test_m.py", str(workspace)).plan, {}, Terms(wall=30))
    assert run.passed(), run.output
