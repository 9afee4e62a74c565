"""HumanEvalFix: repaired on the docstring's examples, or on all tests; judged by the hidden tests.

``python -m benchmarks.humanevalfix --data FOLDER [--model none|0.5b|1.5b|PATH.gguf]
[--setting examples|tests] [--sample N] [--resume FILE] [--parallel N]``, where
``FOLDER/humanevalfix/python.jsonl`` is the Python part of HumanEvalPack. Two settings are run:
*examples*, only those programs whose examples fail; and *tests*, all programs.
"""

from __future__ import annotations

import ast
import shutil
import sys
from functools import partial
from pathlib import Path

from analysis.errors import ExplainedError
from benchmarks.fixing import Case, Task, folder, options, passes, read_json_lines, run_corpus
from pilotfish.console import explain

Problem = dict[str, str]
FILE = "solution.py"


def cases(problems: list[Problem], visible: str) -> list[Case]:
    """A case for each problem, repaired with the tests under the key ``visible``."""
    return [
        Case(
            problem["task_id"].replace("/", "_"),
            problem["bug_type"],
            partial(_lay_out, problem, visible),
            partial(_judge, problem),
            applies=partial(_fails, problem, visible),
            meant=partial(str, problem["declaration"] + problem["canonical_solution"]),
        )
        for problem in problems
        if problem[visible].strip()
    ]


def _lay_out(problem: Problem, visible: str, root: Path) -> Task:
    text = problem["declaration"] + problem["buggy_solution"]
    (root / FILE).write_text(text, encoding="utf-8")
    return Task(FILE, write_test(problem, visible, root))


def write_test(problem: Problem, key: str, root: Path) -> str:
    """Write the problem's tests under ``key`` into ``root``; the command that runs them."""
    entry = problem["entry_point"]
    # The hidden tests may use helpers that the declaration defines beside the entry point.
    text = f"from solution import *\nfrom solution import {entry}\n\n{problem[key]}\n"
    (root / "check_solution.py").write_text(text, encoding="utf-8")
    return "python check_solution.py"


def _judge(problem: Problem, repaired: Path, root: Path) -> tuple[bool, bool]:
    shutil.copy(repaired / FILE, root / FILE)
    exact = ast.parse((root / FILE).read_bytes())
    known = ast.parse(problem["declaration"] + problem["canonical_solution"])
    same = ast.dump(exact) == ast.dump(known)
    return passes(root, write_test(problem, "test", root)), same


def _fails(problem: Problem, visible: str) -> bool:
    with folder() as root:
        return not passes(root, _lay_out(problem, visible, root).command, seconds=15)


def main() -> int:
    """Run the settings, print, save; exit code 2 where that cannot be."""
    parser = options(__doc__)
    parser.add_argument("--data", required=True, type=Path, help="the folder that holds corpora")
    parser.add_argument("--setting", choices=("examples", "tests"), default="examples")
    chosen = parser.parse_args()
    try:
        problems = read_json_lines(chosen.data / "humanevalfix" / "python.jsonl")
        key = {"examples": "example_test", "tests": "test"}[chosen.setting]
        title = f"HumanEvalFix, given {chosen.setting}"
        run_corpus(f"humanevalfix-{chosen.setting}", title, cases(problems, key), chosen)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
