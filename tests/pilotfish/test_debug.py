"""``pilotfish debug`` as a person runs it: every kind of test command, in the real sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
CART = """\
def total(prices, discount=0):
    result = 0
    for price in prices:
        if price < 0:
            raise ValueError("negative")
        result -= price
    if discount:
        result = result * (1 - discount)
    return result
"""
PYTEST = """\
import pytest
from cart import total


def test_total():
    assert total([1, 2, 3]) == 6


def test_nothing():
    assert total([]) == 0


def test_negative():
    with pytest.raises(ValueError):
        total([-1])
"""
UNITTEST = """\
import unittest
from cart import total


class TestCart(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2, 3]), 6)

    def test_nothing(self):
        self.assertEqual(total([]), 0)
"""
SCRIPT = "from cart import total\n\nassert total([]) == 0\nassert total([1, 2, 3]) == 6\n"
DOCTEST = CART.replace(
    "    result = 0\n", '    """\n    >>> total([1, 2, 3])\n    6\n    """\n    result = 0\n', 1
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with a fault: ``-=`` where ``+=`` is meant."""
    root = tmp_path / "a project"
    root.mkdir()
    (root / "setup.cfg").touch()
    (root / "cart.py").write_text(CART)
    (root / "test_cart.py").write_text(PYTEST)
    (root / "unit_cart.py").write_text(UNITTEST)
    (root / "check.py").write_text(SCRIPT)
    return root


def _debug(
    root: Path, test: str, file: str = "cart.py", options: Sequence[str] = ()
) -> tuple[int, dict[str, Any]]:
    words = [PILOTFISH, "debug", file, "--test", test, "--json", "--python", sys.executable]
    # However busy the machine is.
    words += ["--time-limit", "90"]
    done = subprocess.run(
        [*words, *options], cwd=root, capture_output=True, text=True, check=False, timeout=240
    )
    assert "Traceback" not in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


def _values_at(document: dict[str, Any], run: dict[str, Any], line: int) -> list[dict[str, str]]:
    """What each visit of the block at ``line`` bound or changed."""
    blocks = {
        (block["code"], block["id"])
        for block in document["blocks"]
        if block["first_line"] <= line <= block["last_line"]
    }
    return [
        visit["exit"]
        for call in run["calls"]
        for visit in call["visits"]
        if (call["code"], visit["block"]) in blocks
    ]


@pytest.mark.parametrize(
    "test",
    [
        "python -m pytest -x test_cart.py",
        "pytest test_cart.py::test_total",
        "python -m unittest unit_cart",
        "python check.py",
        'python -c "from cart import total; assert total([1, 2, 3]) == 6"',
    ],
)
def test_a_failing_test_is_followed_whatever_runs_it(project: Path, test: str) -> None:
    code, document = _debug(project, test)
    assert (code, document["status"]) == (1, "failing"), document["reason"]
    run = document["runs"][0]
    assert run["outcome"] == "failed"
    changes = _values_at(document, run, 5)
    assert changes[0]["result"] == "-1"
    assert changes[-1]["result"] == "-6"
    suspicion = {entry["line"]: entry["suspicion"] for entry in document["lines"]}
    assert suspicion[5] > 0.9


def test_examples_of_docstrings_are_followed(project: Path) -> None:
    (project / "cart.py").write_text(DOCTEST)
    code, document = _debug(project, "python -m doctest cart.py")
    assert code == 1
    assert _values_at(document, document["runs"][0], 9)[0]["result"] == "-1"


def test_passing_tests_stand_beside_failing_ones(project: Path) -> None:
    _, document = _debug(project, "pytest test_cart.py::test_total")
    outcomes = {run["test"]: run["outcome"] for run in document["runs"]}
    assert outcomes == {
        "test_cart.py::test_total": "failed",
        "test_cart.py::test_negative": "passed",
        "test_cart.py::test_nothing": "passed",
    }
    block = next(b for b in document["blocks"] if b["first_line"] == 5)
    assert (block["failing"], block["passing"], block["suspicion"]) == (1, 0, 1.0)


def test_a_test_that_passes_says_so(project: Path) -> None:
    code, document = _debug(project, "pytest test_cart.py::test_nothing")
    assert (code, document["status"]) == (0, "passing")


def test_of_a_test_the_function_is_shown_where_it_went_wrong(project: Path) -> None:
    """The test reaches the code by a fixture alone, and nothing of the test itself is followed."""
    (project / "conftest.py").write_text(
        "import pytest\nfrom cart import total\n\n\n"
        "@pytest.fixture\ndef count():\n    return lambda prices: total(prices, 0)\n"
    )
    (project / "test_given.py").write_text(
        "def test_given(count):\n    assert count([1, 2, 3]) == 6\n"
    )
    _, document = _debug(project, "pytest test_given.py", file="test_given.py")
    assert document["path"] == str(project / "cart.py"), document["reason"]
    run = document["runs"][0]
    way = [(Path(step["path"]).name, step["line"], step["function"]) for step in run["way"]]
    assert way == [("test_given.py", 1, "test_given"), ("cart.py", 0, "total")]
    focus = next(call for call in run["calls"] if call["id"] == run["focus"])
    assert focus["value"] == "-6"
    # Where the file of tests holds the code too, the test is told apart from it.
    (project / "test_own.py").write_text(CART + "\n\ndef test_own():\n    assert total([1]) == 1\n")
    _, document = _debug(project, "pytest test_own.py", file="test_own.py")
    assert {c["name"]: c["test"] for c in document["codes"]}["test_own"]
    run = document["runs"][0]
    assert [step["function"] for step in run["way"]] == ["test_own", "total"]


def test_a_hang_is_followed_until_a_bound(project: Path) -> None:
    (project / "cart.py").write_text(
        "def total(prices):\n    left = len(prices)\n    while left:\n        left -= 2\n"
        "    return left\n"
    )
    code, document = _debug(project, "python check.py")
    assert code == 1
    run = next(run for run in document["runs"] if run["outcome"] == "timeout")
    assert run["cut"] in ("time", "steps", "bytes")
    loop = run["calls"][-1]["loops"][0]
    assert loop["open"]
    assert loop["count"] > 1000
    assert _values_at(document, run, 3)[0] == {"left": "1"}
    assert int(_values_at(document, run, 3)[-1]["left"]) < -1000


def test_a_process_that_is_ended_tells_where(project: Path) -> None:
    (project / "cart.py").write_text(
        "import os\n\n\ndef total(prices):\n    if len(prices) > 2:\n        os._exit(3)\n"
        "    return 0\n"
    )
    _, document = _debug(project, "pytest test_cart.py::test_total")
    run = document["runs"][0]
    assert (run["outcome"], run["cut"]) == ("crash", "killed")
    assert run["calls"][-1]["how"] == "running"
    last = run["calls"][-1]["visits"][-1]["block"]
    code = run["calls"][-1]["code"]
    block = next(b for b in document["blocks"] if (b["code"], b["id"]) == (code, last))
    assert block["first_line"] == 5


def test_a_shell_command_says_why_nothing_is_followed(project: Path) -> None:
    code, document = _debug(project, "python check.py && true")
    assert (code, document["runs"]) == (1, [])
    assert "shell command" in document["reason"]


def test_what_is_no_python_is_a_usage_error(project: Path) -> None:
    (project / "cart.py").write_text("def total(:\n")
    words = [PILOTFISH, "debug", "cart.py", "--test", "python check.py", "--json"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not valid Python" in json.loads(done.stdout)["reason"]


def test_the_arm_of_an_expression_that_fails_is_told(project: Path) -> None:
    text = "def total(prices):\n    return -1 * sum(prices) if len(prices) > 1 else sum(prices)\n"
    (project / "cart.py").write_text(text)
    _, document = _debug(project, "python -m unittest unit_cart")
    (found,) = document["expressions"]
    line = text.splitlines()[found["line"]]
    assert line[found["character"] : found["end_character"]] == "-1 * sum(prices)"
    assert (found["failing"], found["passing"], found["ochiai"]) == (1, 0, 1.0)


@pytest.mark.model
@pytest.mark.slow
def test_a_model_is_asked_for_its_opinion(project: Path) -> None:
    words = ["--verdicts", "--model", "qwen2.5-coder-0.5b-instruct-q4_k_m"]
    code, document = _debug(project, "pytest test_cart.py::test_total", options=words)
    assert code == 1
    asked = [block for block in document["blocks"] if "verdict" in block]
    assert {block["first_line"] for block in asked} >= {1, 2, 5, 8}
    assert all(0.5 <= block["verdict"]["confidence"] <= 1 for block in asked)
    surprise = {line["line"]: line["surprise"] for line in document["lines"]}
    assert surprise[5] > 0
    assert max(line["suspicion"] for line in document["lines"]) == 1.0


@pytest.mark.model
def test_a_model_that_cannot_answer_costs_no_trace(project: Path) -> None:
    words = ["--verdicts", "--model", "smollm2-135m-instruct-q4_1"]
    code, document = _debug(project, "pytest test_cart.py::test_total", options=words)
    assert (code, len(document["runs"])) == (1, 3)
    assert document["reason"].startswith("without the model: ")


def test_a_repair_stands_beside_the_trace(project: Path) -> None:
    words = ["--fix", "--model", "none"]
    _, document = _debug(project, "pytest test_cart.py::test_total", options=words)
    assert document["repair"]["status"] == "verified"
    assert "+        result += price" in document["repair"]["patch"]


def test_the_terminal_shows_source_suspicion_and_values(project: Path) -> None:
    words = [PILOTFISH, "debug", "cart.py", "--test", "pytest test_cart.py::test_total"]
    done = subprocess.run(
        [*words, "--python", sys.executable], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "█    6 │         result -= price" in lines
    assert [line.split() for line in lines if line.startswith("  test_cart.py:")] == [
        ["test_cart.py:6", "test_total"]
    ]
    assert any("total(prices=[1, 2, 3], discount=0) → -6" in line for line in lines)
    assert any("result 0 → -1" in line for line in lines)
    assert "AssertionError" in done.stdout
    assert any("most suspicious" in line for line in lines)


def test_the_terminal_says_where_the_page_is_and_marks_nothing_that_passes(project: Path) -> None:
    words = [PILOTFISH, "debug", "cart.py", "--test", "pytest test_cart.py::test_nothing"]
    done = subprocess.run(
        [*words, "--python", sys.executable, "--html", "out.html"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert f"page written to {project / 'out.html'}" in done.stderr
    assert "█" not in done.stdout.split("\n\n")[0]
    assert "most suspicious" not in done.stdout


def test_the_test_that_was_found_is_named_once(project: Path) -> None:
    """Asked for the test file, it looks at the test and then at the file at fault."""
    words = [PILOTFISH, "debug", "test_cart.py", "--python", sys.executable]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "cart.py" in done.stdout
    assert done.stderr.count("no --test was given") == 1, done.stderr
