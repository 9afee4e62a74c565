"""QuixBugs: every other test case for the repair, all of them for the verdict.

``python -m benchmarks.quixbugs --data FOLDER [--model none|0.5b|1.5b|PATH.gguf] [--sample N]
[--resume FILE] [--parallel N]``, where ``FOLDER`` holds ``quixbugs`` as its repository lays it out.
Where none of every other case fails, the other half is used: without a failing test there is
nothing to repair.
"""

from __future__ import annotations

import ast
import shutil
import sys
from functools import partial
from pathlib import Path

from analysis.errors import ExplainedError
from benchmarks.fixing import Case, Task, options, passes, run_corpus
from pilotfish.console import explain

_SUPPORT = ("conftest.py", "python_testcases/load_testdata.py", "python_testcases/node.py")


def cases(data: Path) -> list[Case]:
    """One case for each program that has tests."""
    found = []
    for test in sorted((data / "python_testcases").glob("test_*.py")):
        name = test.stem.removeprefix("test_")
        if (data / "python_programs" / f"{name}.py").is_file():
            lay_out, judge = partial(_lay_out, data, name), partial(_judge, data, name)
            fixed = data / "correct_python_programs" / f"{name}.py"
            meant = partial(fixed.read_text, encoding="utf-8") if fixed.is_file() else None
            found.append(Case(name, "quixbugs", lay_out, judge, meant=meant))
    return found


def _copy(data: Path, name: str, root: Path) -> Path:
    """The program with all its tests, as the repository lays them out."""
    wanted = [*_SUPPORT, f"python_programs/{name}.py", f"python_testcases/test_{name}.py"]
    wanted += ["python_programs/node.py", f"json_testcases/{name}.json"]
    for relative in wanted:
        if (data / relative).is_file():
            (root / relative).parent.mkdir(exist_ok=True)
            shutil.copy(data / relative, root / relative)
    return root / "python_programs" / f"{name}.py"


def _lay_out(data: Path, name: str, root: Path) -> Task:
    path = _copy(data, name, root)
    for first in (0, 1):
        command = _half(data, name, root, first)
        if not passes(root, command, seconds=15):
            break
    return Task(str(path.relative_to(root)), command)


def _half(data: Path, name: str, root: Path, first: int) -> str:
    """Leave every other test case, from the ``first``, in ``root``; the command that runs them."""
    cases = data / "json_testcases" / f"{name}.json"
    test = f"python_testcases/test_{name}.py"
    if cases.is_file():
        lines = cases.read_text(encoding="utf-8").splitlines(keepends=True)
        (root / "json_testcases" / f"{name}.json").write_text(
            "".join(lines[first::2]), encoding="utf-8"
        )
        return f"python -m pytest {test}"
    tree = ast.parse((data / test).read_bytes())
    kept = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]
    for node in [*kept[1 - first :: 2]]:
        tree.body.remove(node)
    (root / test).write_text(ast.unparse(tree), encoding="utf-8")
    return f"python -m pytest {test}"


def _judge(data: Path, name: str, repaired: Path, root: Path) -> tuple[bool, bool]:
    path = _copy(data, name, root)
    shutil.copy(repaired / path.relative_to(root), path)
    return passes(root, f"python -m pytest python_testcases/test_{name}.py"), False


def main() -> int:
    """Repair all, print, save; exit code 2 where that cannot be."""
    parser = options(__doc__)
    parser.add_argument("--data", required=True, type=Path, help="the folder that holds corpora")
    chosen = parser.parse_args()
    try:
        run_corpus("quixbugs", "QuixBugs", cases(chosen.data / "quixbugs"), chosen)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
