"""``pilotfish optimize`` as a person runs it: measured in the real sandbox, no model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pilotfish.command import answered

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

SLOW = '''\
def common(a, b):
    """What both have, in the order of a."""
    found = []
    for item in a:
        if item in b:
            found.append(item)
    return found


def total(values):
    return sum(values)


def distinct(rows):
    """Rows that are lists cannot be put into a set."""
    seen = []
    for row in rows:
        for other in rows:
            if other in seen:
                continue
            seen = seen + [other]
    return seen
'''
TESTS = """\
from slow import common, distinct, total


def test_common():
    assert common([3, 1, 2], [2, 3]) == [3, 2]


def test_total():
    assert total([1, 2]) == 3


def test_distinct():
    assert distinct([[1], [2], [1]]) == [[1], [2]]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "test_slow.py").write_text(TESTS)
    return tmp_path


TEST = ("--test", "python -m pytest -q test_slow.py")


def _optimize(
    root: Path, function: str, *words: str, test: tuple[str, ...] = TEST
) -> tuple[int, dict[str, Any]]:
    options = ["--json", "--model", "none", "--python", sys.executable]
    return answered(root, "optimize", f"slow.py:{function}", *test, *options, *words)[:2]


def test_a_faster_version_is_measured_verified_and_applies_with_git(project: Path) -> None:
    code, answer = _optimize(project, "common")
    assert (code, answer["status"]) == (0, "verified"), answer
    best = answer["best"]
    assert 2 < best["low"] <= best["ratio"] <= best["high"]
    assert answer["inputs"] > answer["calls"] >= 1
    assert "95 %" in answer["reason"]
    assert (project / "slow.py").read_text() == SLOW
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    apply = ["git", "apply", "-"]
    subprocess.run(apply, cwd=project, input=answer["patch"], text=True, check=True)
    run = [sys.executable, "-m", "pytest", "-q", "test_slow.py"]
    assert subprocess.run(run, cwd=project, check=False, capture_output=True).returncode == 0


def test_nothing_is_offered_that_is_not_faster_or_answers_otherwise(project: Path) -> None:
    # Without a command the tests that reach the function count, not those of another.
    broken = TESTS.replace("== [3, 2]", "== [3]")
    (project / "test_slow.py").write_text(broken)
    code, answer = _optimize(project, "total", test=())
    assert (code, answer["status"]) == (1, "none"), answer
    (project / "test_slow.py").write_text(TESTS)
    code, answer = _optimize(project, "distinct", "--write")
    assert (code, answer["best"], answer["written"]) == (1, None, False), answer
    assert (project / "slow.py").read_text() == SLOW


def test_tests_that_fail_as_they_are_are_an_error(project: Path) -> None:
    (project / "test_slow.py").write_text(TESTS.replace("== 3\n", "== 4\n"))
    code, answer = _optimize(project, "common")
    assert (code, answer["status"]) == (2, "error")
    assert "do not pass" in answer["reason"]
