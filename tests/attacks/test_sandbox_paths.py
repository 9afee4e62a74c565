"""Attacks by paths that code in a sandbox tells: a repair touches its workspace alone."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.deadline import Cancellation, Deadline
from analysis.errors import AnalysisError
from analysis.snapshot import Snapshot, Workspace
from analysis.text import inside
from pilotfish.repairing import Opened, keep
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.failure.elsewhere import elsewhere
from repair.sandbox.interpreter import Interpreter
from repair.sandbox.policy import Policy
from repair.sandbox.workbench import Workbench
from repair.source.file import read_source
from repair.source.patch import unified_diff
from tests.repair.conftest import interpreter, workspace

__all__ = ["interpreter", "workspace"]

#: Code that lies about where its modules are, and about where its failure passed.
_LIAR = """
import os, sys, types
os.path.realpath = lambda path, **how: str(path)
os.path.abspath = lambda path: str(path)
for number, path in enumerate({paths!r}):
    name = os.path.basename(path).partition(".")[0]
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = path
    code = compile("def fail(next): next()", path, "exec")
    exec(code, module.__dict__)

def test_it():
    import app
    def last():
        assert app.one() == 2
    for name in {names!r}:
        last = (lambda fail, inner: lambda: fail(inner))(sys.modules[name].fail, last)
    last()
"""


@pytest.fixture
def victims(workspace: Path) -> list[str]:
    """Files of others that a hostile project names, in every spelling."""
    other = workspace.parent / "victim"
    other.mkdir()
    (other / "app2.py").write_text("secret = 1\n")
    os.mkfifo(other / "fifo.py")
    (workspace / "out").symlink_to(other)
    (workspace / ".github").mkdir()
    (workspace / ".github" / "ci.py").write_text("")
    (workspace / "link.py").symlink_to(other / "app2.py")
    return [
        f"{workspace}/../victim/app2.py",
        f"{workspace}/out/app2.py",
        f"{workspace}/link.py",
        f"{workspace}/.github/ci.py",
        f"{workspace}/out/fifo.py",
        f"{other}/app2.py",
        "/etc/passwd",
        "/dev/zero",
    ]


@pytest.mark.sandbox
def test_lies_about_paths_name_no_file_to_read_or_to_repair(
    workspace: Path, interpreter: Interpreter, victims: list[str]
) -> None:
    (workspace / "real.py").write_text("")
    imports = "".join(f"import {Path(p).name.partition('.')[0]}\n" for p in victims[:5])
    (workspace / "app.py").write_text(f"{imports}import real\n\ndef one():\n    return 1\n")
    names = sorted({Path(path).name.partition(".")[0] for path in victims})
    liar = _LIAR.format(paths=victims, names=names)
    (workspace / "test_app.py").write_text(liar)
    path = workspace / "app.py"
    source = read_source(str(path), path.read_bytes())
    command = parse("python -m pytest test_app.py", str(workspace))
    policy = Policy(str(workspace), interpreter)
    with Workbench(policy, str(path), 10, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(60))
    assert str(workspace / "real.py") in diagnosis.own
    told = {*diagnosis.own, *diagnosis.test_files, *elsewhere(source, diagnosis)}
    assert not told.intersection(victims), told
    assert told <= {str(p) for p in workspace.glob("*.py") if not p.is_symlink()}


def test_a_patch_is_written_only_where_a_repair_may(workspace: Path, victims: list[str]) -> None:
    path = workspace / "app.py"
    path.write_text("x = 1\n")
    other = workspace / "other.py"
    other.write_text("x = 1\n")
    source = read_source(str(path), path.read_bytes())
    snapshot = Snapshot(str(path), source.text, Workspace(str(workspace)))
    opened = Opened(path, source, snapshot, "", True, ())
    options = argparse.Namespace(write=True)
    for victim in victims[:6]:
        before = Path(victim).read_bytes() if "fifo" not in victim else b""
        diff = unified_diff(str(workspace), victim, before, b"changed\n")
        with pytest.raises(AnalysisError, match="does not touch"):
            keep(options, opened, "verified", diff, victim)
        assert "fifo" in victim or Path(victim).read_bytes() == before
    diff = unified_diff(str(workspace), str(other), b"x = 1\n", b"x = 2\n")
    assert keep(options, opened, "verified", diff, str(other))
    assert other.read_text() == "x = 2\n"


def test_what_is_inside_is_a_file_of_the_workspace_by_every_spelling(
    workspace: Path, victims: list[str]
) -> None:
    (workspace / "a").mkdir()
    (workspace / "a" / "m.py").write_text("")
    (workspace / "in.py").symlink_to(workspace / "a" / "m.py")
    parts = ["..", ".", "", "a", "m.py", "in.py", "out", "link.py", "app2.py", ".github", "ci.py"]
    parts += [workspace.name, "victim", "fifo.py", "\0", "\udcff", "x" * 300]

    @settings(max_examples=500, deadline=None)
    @given(st.lists(st.sampled_from(parts), max_size=6), st.booleans())
    def check(names: list[str], absolute: bool) -> None:
        found = inside("/".join([str(workspace) if absolute else "", *names]), workspace)
        assert found in (None, workspace / "a" / "m.py")

    check()
    assert inside(workspace / "in.py", workspace) == workspace / "a" / "m.py"
    assert [inside(victim, workspace) for victim in victims] == [None] * len(victims)
