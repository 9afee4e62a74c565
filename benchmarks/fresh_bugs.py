"""How many fresh bugs ``pilotfish fix`` repairs: written by hand, seen by no model.

``python -m benchmarks.fresh_bugs [--model none|0.5b|1.5b] [--only KIND] [--time-limit 60]``

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

import argparse
import ast
import hashlib
import math
import sys
import tempfile
from collections.abc import Iterable, Sequence
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
from benchmarks.fixing import (
    MODELS,
    BenchmarkError,
    Result,
    apply_answer,
    ask,
    commit,
    pilotfish,
    save_results,
    show_results,
)
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
    commit(folder)
    return given, held_back


def _shape(text: str) -> str:
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
        exact = exact and _shape(text) == _shape(original.read_text(encoding="utf-8"))
        original.write_text(text, encoding="utf-8")
    outcome = pool.run(judged)
    right = outcome.exit_code == 0 and not outcome.failed
    return right, right and exact


def run_bug(
    script: Path, bug: Bug, model: str, limit: float, pool: Pool, corpus: Path = FRESH_BUGS
) -> Result:
    """Let ``fix`` repair one bug and judge what it says."""
    package = Path(bug.file).parts[0]
    with tempfile.TemporaryDirectory(prefix="fresh-bug-") as temporary:
        folder = Path(temporary).resolve() / "work"
        given, held_back = prepare(bug, folder, corpus)
        answer = ask(script, folder, bug.file, given, model, limit)
        right = exact = False
        if apply_answer(folder, answer, package):
            right, exact = judge(folder, package, pool, Path(temporary) / "judged", corpus)
    return Result(
        bug=bug.name,
        kind=bug.kind,
        span=bug.span,
        status=answer.status,
        right=right,
        exact=exact,
        tests_given=len(given),
        tests_held_back=len(held_back),
        seconds=answer.seconds,
        candidates=answer.candidates,
        model_tokens=answer.model_tokens,
        strategy=answer.strategy,
    )


def choose(bugs: Iterable[Bug], only: Sequence[str], every: int) -> list[Bug]:
    """The bugs of the kinds, spans or names ``only``, and of these every ``every``-th.

    Raises :class:`BenchmarkError` when there is none.
    """
    chosen = [bug for bug in bugs if not only or {bug.kind, bug.span, bug.name} & set(only)]
    if not chosen:
        raise BenchmarkError("there are no such bugs", where=f"--only {' '.join(only)}")
    return chosen[::every]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 2 where it cannot."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fresh_bugs", description="Repair bugs that no model has seen."
    )
    parser.add_argument("--model", choices=sorted(MODELS), default="none")
    parser.add_argument(
        "--only", action="append", default=[], metavar="KIND", help="a kind, span or name of bugs"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th bug")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument("--data", type=Path, default=FRESH_BUGS, help="a corpus of this form")
    options = parser.parse_args(arguments)
    results: list[Result] = []
    try:
        script = pilotfish()
        bugs = choose(load_bugs(options.data), options.only, max(1, options.every))
        with Pool(time_limit=60) as pool:
            for bug in bugs:
                result = run_bug(script, bug, options.model, options.time_limit, pool, options.data)
                results.append(result)
                verdict = "exact" if result.exact else "right" if result.right else "wrong"
                print(f"{bug.name:40} {result.status:11} {verdict:6} {result.seconds:6.1f} s")
    except ExplainedError as error:
        explain(error.what, where=error.where, mend=error.mend)
        return 2
    finally:
        if results:
            save_results("fresh_bugs", options.model, options.time_limit, results)
    show_results(f"Fresh bugs, model: {options.model}", results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
