"""What each statement of a failing test ran, and in which files functions ran."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import repair.sandbox.probe
from analysis.deadline import Cancellation, Deadline
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.workbench import Workbench
from repair.source.file import Source
from tests.repair.conftest import StartSandbox
from tests.repair.trace.following import interpreters

PROGRAM = """\
def half(n):
    return n / 2


def third(n):
    return n / 4


def both(n):
    return half(n), third(n)
"""
TEST = """\
import asyncio, functools, threading
from m import both, half, third


def apart(function):
    @functools.wraps(function)
    def wrapper():
        asyncio.run(function())

    return wrapper


@apart
async def test_it():
    for n in (2, 4):
        assert half(n) == n // 2
    thread = threading.Thread(target=half, args=(2,))
    thread.start()
    thread.join()
    assert (
        third(6)
        == 2
    )
"""
_PROBE = """
import importlib.util, json, os, sys
probe, folder, line = sys.argv[1:4]
sys.path.insert(0, folder)
spec = importlib.util.spec_from_file_location(
    "the_probe", probe, submodule_search_locations=[os.path.dirname(probe)]
)
sys.modules["the_probe"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["the_probe"])
from the_probe import lines
target = os.path.realpath(os.path.join(folder, "m.py"))
counts = lines.LineCounts(20)
"""
_STEPS = """
import test_m
told = lines.Steps([[os.path.join(folder, "test_m.py"), int(line), "test_it"]])
counts.start(target, told)
try:
    test_m.test_it()
except AssertionError:
    counts.stop()
    print(json.dumps([told.told(), sorted(counts.hits())]))
"""
#: The function that decorates ran while the test was imported, and runs again.
_ENTERED = """
counts.start(target)
import test_m
counts.stop()
found = [sorted(counts.entered)]
for call in (lambda: None, lambda: test_m.apart(len)):
    counts.start(target)
    call()
    counts.stop()
    found.append(sorted(counts.entered))
print(json.dumps([[os.path.basename(name) for name in names] for names in found]))
"""


def _line(text: str) -> int:
    return next(n for n, line in enumerate(TEST.splitlines(), 1) if text in line)


def _printed(python: str, driver: str, folder: Path, line: int = 0) -> Any:
    """What ``driver`` prints of the program and its test in ``folder``."""
    (folder / "m.py").write_text(PROGRAM)
    (folder / "test_m.py").write_text(TEST)
    probe = repair.sandbox.probe.__file__
    words = [python, "-c", _PROBE + driver, probe, str(folder), str(line)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


@pytest.mark.process
@pytest.mark.parametrize("python", interpreters())
def test_the_lines_of_a_test_and_what_each_ran(python: str, tmp_path: Path) -> None:
    loop, check, thread, last = map(_line, ("for n", "half(n)", "join", "third(6)"))
    told, lines = _printed(python, _STEPS, tmp_path, last)
    assert lines == [2, 6]
    steps = [(line, ran) for line, ran in told]
    assert steps[:2] == [(check, [2]), (loop, [])]
    assert {line for line, ran in steps if 6 in ran} == {last}
    # A thread runs when it comes to it, before it is waited for.
    assert {line for line, ran in steps[2:] if 2 in ran} <= set(range(loop + 2, thread + 1))


@pytest.mark.process
@pytest.mark.parametrize("python", interpreters())
def test_other_files_of_which_functions_run_are_known(python: str, tmp_path: Path) -> None:
    imported, idle, called = _printed(python, _ENTERED, tmp_path)
    assert "test_m.py" in imported
    assert "test_m.py" not in idle
    assert "test_m.py" in called
    assert "m.py" not in called


FUNCTIONS = """\
from m import both, half, third


def test_it():
    assert half(2) == 1
    assert half(4) == 2
    assert third(6) == 2
"""
CASE = """\
from unittest import TestCase
from m import half, third


class Test(TestCase):
    def test_it(self):
        self.assertEqual(half(2), 1)
        self.assertEqual(third(6), 2)
"""


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("command", "tests"),
    [("pytest test_m.py", FUNCTIONS), ("pytest test_m.py", CASE), ("python -m unittest", CASE)],
    ids=["pytest", "unittest by pytest", "unittest"],
)
def test_what_ran_for_a_check_that_held_is_less_suspicious(
    sandbox: StartSandbox, workspace: Path, command: str, tests: str
) -> None:
    target = workspace / "m.py"
    target.write_text(PROGRAM)
    (workspace / "test_m.py").write_text(tests)
    plan = parse(command, str(workspace))
    with Workbench(sandbox().policy, str(target), 11, {}, Cancellation()) as bench:
        found = diagnose(Source(str(target), PROGRAM), plan, bench, Deadline.after(60)).suspicion
    assert found.lines[6] == 1.0
    assert found.lines[2] < 0.6
