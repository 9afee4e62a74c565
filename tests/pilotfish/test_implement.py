"""``pilotfish implement`` as a person runs it: a real model, real tests, the real sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pilotfish.command import answered

SMALL = "qwen2.5-coder-0.5b-instruct-q4_k_m"
STUBS = '''\
class Basket:
    def __init__(self):
        self.prices = []

    def total(self) -> float:
        """The sum of the prices."""
        raise NotImplementedError

    def cheapest(self) -> float:
        """The lowest of the prices."""
        raise NotImplementedError
'''
TESTS = """\
from basket import Basket


def test_total():
    basket = Basket()
    basket.prices = [1.0, 2.0, 4.0]
    assert basket.total() == 7.0


def test_cheapest():
    basket = Basket()
    basket.prices = [2.0, 1.0, 4.0]
    assert basket.cheapest() == 1.0
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "basket.py").write_text(STUBS)
    return tmp_path


def _implement(root: Path, *words: str) -> tuple[int, dict[str, Any]]:
    return answered(root, "implement", *words, "--json", "--python", sys.executable)[:2]


@pytest.mark.model
@pytest.mark.sandbox
@pytest.mark.slow
def test_a_body_is_written_verified_and_applies_with_git(project: Path) -> None:
    """The tests of the other stub fail before and after: they do not call this one."""
    (project / "test_basket.py").write_text(TESTS)
    code, answer = _implement(project, "basket.py:Basket.total", "--model", SMALL)
    assert (code, answer["status"]) == (0, "verified"), answer
    assert "it passes the failing test twice" in answer["reason"]
    assert "test_total" in answer["reason"] or "test_basket.py" in answer["reason"]
    assert (project / "basket.py").read_text() == STUBS
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    apply = ["git", "apply", "-"]
    subprocess.run(apply, cwd=project, input=answer["patch"], text=True, check=True)
    run = [sys.executable, "-m", "pytest", "-q", "test_basket.py::test_total"]
    assert subprocess.run(run, cwd=project, check=False, capture_output=True).returncode == 0


@pytest.mark.model
@pytest.mark.slow
def test_without_any_test_nothing_is_claimed_or_written(project: Path) -> None:
    code, answer = _implement(project, "basket.py:Basket.total", "--model", SMALL, "--write")
    assert (code, answer["status"], answer["written"]) == (1, "unverified", False)
    assert "nothing was run" in answer["reason"]
    assert answer["patch"]


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("basket.py:Basket.__init__",), "has a body already"),
        (("basket.py:Basket.totl",), "Basket.total"),
        (("basket.py:Basket.total", "--model", "none"), "model pull"),
    ],
)
def test_what_cannot_be_tried_says_why(project: Path, words: tuple[str, ...], said: str) -> None:
    code, answer = _implement(project, *words)
    assert (code, answer["status"]) == (2, "error")
    assert said in answer["reason"]
