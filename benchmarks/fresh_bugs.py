"""How many fresh bugs ``pilotfish fix`` repairs: written by hand, seen by no model.

``python -m benchmarks.fresh_bugs [--model none|0.5b|1.5b] [--only KIND] [--sample N]
[--resume FILE] [--parallel N]``

Each bug of ``benchmarks/corpora/fresh_bugs`` is put into a copy of the project (a git repository
of its own), and the installed ``pilotfish fix FILE --test "pytest NODEIDS" --json`` has to repair
it. At least 40 % of the tests that catch the bug are *held back*: deleted from the copy, so that
the repair neither runs nor reads them. (Where a single test catches it, that one is given.)

A patch is *right* when the complete test suite of the corpus passes with it: the held-back tests
and those of the folder ``hidden``, which no repair ever sees, included. It is *exact* when,
besides, every module equals the original as a syntax tree without docstrings. *Verified but wrong*
is the number to watch: the tool said verified, and it was not right. A patch that touches anything
but the package is wrong.
"""

from __future__ import annotations

import ast
import hashlib
import math
import shlex
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from analysis.errors import ExplainedError
from benchmarks.bug_corpus import (
    FRESH_BUGS,
    Bug,
    add_hidden_tests,
    apply,
    copy_project,
    load_bugs,
    remove_tests,
)
from benchmarks.fixing import Case, Task, options, run_corpus
from benchmarks.forked_pytest import Pool
from pilotfish.console import explain

#: Share of the tests that catch a bug which the repair does not see.
HELD_BACK = 0.4


def divide(bug: Bug) -> tuple[list[str], list[str]]:
    """The tests that the repair is given, and those held back; the same in every run."""
    shuffled = sorted(
        bug.tests, key=lambda node: hashlib.sha256(f"{bug.name} {node}".encode()).digest()
    )
    count = math.ceil(HELD_BACK * len(shuffled)) if len(shuffled) > 1 else 0
    return sorted(shuffled[count:]), sorted(shuffled[:count])


def prepare(bug: Bug, folder: Path, corpus: Path) -> tuple[list[str], list[str]]:
    """Make the workspace of ``bug`` at ``folder``: ``(tests given, tests held back)``."""
    copy_project(folder, corpus)
    apply(bug, folder)
    given, held_back = divide(bug)
    remove_tests(folder, held_back)
    return given, held_back


def shape(text: str) -> str:
    """The syntax tree of a module as text, without positions and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and (ast.get_docstring(node, clean=False) is not None):
            del node.body[0]
    return ast.dump(tree)


def judge(
    folder: Path, package: str, pool: Pool, scratch: Path, corpus: Path = FRESH_BUGS
) -> tuple[bool, bool]:
    """Whether the package in ``folder``, patched, is right, and whether it is exact.

    ``scratch`` is where the clean project is copied to, to be judged with the patched package by
    its own tests and by those of the folder ``hidden`` that no repair ever sees.
    """
    judged = copy_project(scratch, corpus)
    add_hidden_tests(judged, corpus)
    exact = True
    for original in sorted((judged / package).rglob("*.py")):
        text = (folder / original.relative_to(judged)).read_text(encoding="utf-8")
        exact = exact and shape(text) == shape(original.read_text(encoding="utf-8"))
        original.write_text(text, encoding="utf-8")
    outcome = pool.run(judged)
    right = outcome.exit_code == 0 and not outcome.failed
    return right, right and exact


def case(bug: Bug, corpus: Path, pool: Pool, turn: threading.Lock) -> Case:
    """``bug`` as a case; ``turn`` is held while ``pool`` judges, one at a time."""
    package = Path(bug.file).parts[0]

    def lay_out(folder: Path) -> Task:
        given, held_back = prepare(bug, folder, corpus)
        tests = "pytest " + " ".join(map(shlex.quote, given))
        return Task(bug.file, tests, package, len(given), len(held_back))

    def verdict(folder: Path, scratch: Path) -> tuple[bool, bool]:
        with turn:
            return judge(folder, package, pool, scratch, corpus)

    return Case(bug.name, bug.kind, lay_out, verdict, bug.span)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 2 where it cannot."""
    parser = options(__doc__)
    parser.add_argument("--data", type=Path, default=FRESH_BUGS, help="a corpus of this form")
    chosen = parser.parse_args(arguments)
    try:
        bugs = load_bugs(chosen.data)
        with Pool(time_limit=60) as pool:
            make = partial(case, corpus=chosen.data, pool=pool, turn=threading.Lock())
            run_corpus("fresh_bugs", "Fresh bugs", map(make, bugs), chosen)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
