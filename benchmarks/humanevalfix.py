"""HumanEvalFix: repaired on the docstring's examples, or on all tests; judged by the hidden tests.

``python -m benchmarks.humanevalfix --data FOLDER [--model none|NAME|PATH.gguf]``, where
``FOLDER/humanevalfix/python.jsonl`` is the Python part of HumanEvalPack. Two settings are run:
*examples*, only those programs whose examples fail; and *tests*, all programs.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from benchmarks.models import writer_for
from benchmarks.repairing import Case, folder, options, passes, read_json_lines, run_all, tell

Problem = dict[str, str]


def cases(problems: list[Problem], visible: str) -> list[Case]:
    """A case for each problem, repaired with the tests under the key ``visible``."""
    return [
        Case(
            problem["task_id"].replace("/", "_"),
            partial(_lay_out, problem, visible),
            partial(_judge, problem),
            partial(_fails, problem, visible),
        )
        for problem in problems
        if problem[visible].strip()
    ]


def _lay_out(problem: Problem, visible: str, root: Path) -> tuple[Path, str]:
    path = root / "solution.py"
    path.write_text(problem["declaration"] + problem["buggy_solution"], encoding="utf-8")
    return path, _write_test(problem, visible, root)


def _write_test(problem: Problem, key: str, root: Path) -> str:
    entry = problem["entry_point"]
    # The hidden tests may use helpers that the declaration defines beside the entry point.
    text = f"from solution import *\nfrom solution import {entry}\n\n{problem[key]}\n"
    (root / "check_solution.py").write_text(text, encoding="utf-8")
    return "python check_solution.py"


def _judge(problem: Problem, root: Path, repaired: bytes) -> str:
    (root / "solution.py").write_bytes(repaired)
    return _write_test(problem, "test", root)


def _fails(problem: Problem, visible: str) -> bool:
    with folder() as root:
        _, command = _lay_out(problem, visible, root)
        return not passes(root, command, seconds=15)


def main() -> int:
    """Run both settings, print, save."""
    parser = options(__doc__)
    parser.add_argument("--setting", choices=("examples", "tests", "both"), default="both")
    chosen = parser.parse_args()
    writer = writer_for(chosen.model)
    problems = read_json_lines(chosen.data / "humanevalfix" / "python.jsonl")
    problems = [p for p in problems if chosen.only in p["task_id"]]
    for setting, key in (("examples", "example_test"), ("tests", "test")):
        if chosen.setting not in (setting, "both"):
            continue
        results = run_all(cases(problems, key), writer, chosen)
        title = f"HumanEvalFix, given {setting}"
        tell(f"humanevalfix-{setting}", title, results, writer.name if writer else "none")
    return 0


if __name__ == "__main__":
    sys.exit(main())
