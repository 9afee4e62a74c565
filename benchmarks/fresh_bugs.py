"""How many fresh bugs ``pilotfish fix`` repairs: written by hand, seen by no model.

``python -m benchmarks.fresh_bugs [--model none|0.5b|1.5b] [--only KIND] [--time-limit 60]``

Each bug of ``benchmarks/corpora/fresh_bugs`` is put into a copy of the project (a git repository
of its own), and the installed ``pilotfish fix FILE --test "pytest NODEIDS" --json`` has to repair
it. At least 40 % of the tests that catch the bug are *held back*: deleted from the copy, so that
the repair neither runs nor reads them. (Where a single test catches it, that one is given.)

A patch is *right* when the complete test suite of the corpus passes with it, the held-back tests
included; *exact* when, besides, every module equals the original as a syntax tree without
docstrings. *Verified but wrong* is the number to watch: the tool said verified, and it was not
right. A patch that touches anything but the package is wrong.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import math
import shlex
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.errors import ExplainedError
from benchmarks.bug_corpus import FRESH_BUGS, Bug, apply, copy_project, load_bugs, remove_tests
from benchmarks.forked_pytest import Pool
from pilotfish.console import explain

#: What ``--model`` stands for on the command line of ``fix``.
MODELS = {
    "none": "none",
    "0.5b": "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "1.5b": "qwen2.5-coder-1.5b-instruct-q4_k_m",
}

RESULTS = Path(".benchmarks") / "fresh_bugs.json"
#: Seconds that ``fix`` may take beyond its own limit: starting, and validating the last patch.
GRACE_S = 120
#: Share of the tests that catch a bug which the repair does not see.
HELD_BACK = 0.4


class BenchmarkError(ExplainedError):
    """The benchmark cannot run here."""


@dataclass(frozen=True)
class Result:
    """What became of one bug. ``status`` is that of ``fix``, or ``overran`` or ``crashed``."""

    bug: str
    kind: str
    span: str
    status: str
    right: bool
    exact: bool
    tests_given: int
    tests_held_back: int
    seconds: float
    candidates: int
    model_tokens: int
    strategy: str

    @property
    def verified_but_wrong(self) -> bool:
        """Whether the tool vouched for a wrong patch."""
        return self.status == "verified" and not self.right


def pilotfish() -> Path:
    """The installed script. Raises :class:`BenchmarkError` where ``fix`` does not work yet."""
    script = Path(sys.executable).with_name("pilotfish")
    if not script.exists():
        raise BenchmarkError("pilotfish is not installed", where=str(script), mend="make setup")
    probe = subprocess.run([script, "fix", "--help"], capture_output=True, text=True, check=False)
    if probe.returncode != 0 or "--test" not in probe.stdout:
        raise BenchmarkError(
            "this pilotfish has no working 'fix' command, so there is nothing to measure",
            where="pilotfish fix --help",
            mend="run the benchmark on a version that has it",
        )
    return script


def divide(bug: Bug) -> tuple[list[str], list[str]]:
    """The tests that the repair is given, and those held back; the same in every run."""
    shuffled = sorted(
        bug.tests, key=lambda node: hashlib.sha256(f"{bug.name} {node}".encode()).digest()
    )
    count = math.ceil(HELD_BACK * len(shuffled)) if len(shuffled) > 1 else 0
    return sorted(shuffled[count:]), sorted(shuffled[:count])


def _git(folder: Path, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    return subprocess.run(
        ["git", *identity, *words],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def prepare(bug: Bug, folder: Path) -> tuple[list[str], list[str]]:
    """Make the workspace of ``bug`` at ``folder``: ``(tests given, tests held back)``."""
    copy_project(folder)
    apply(bug, folder)
    given, held_back = divide(bug)
    remove_tests(folder, held_back)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "As it is")
    return given, held_back


def ask(
    script: Path, folder: Path, bug: Bug, tests: Sequence[str], model: str, limit: float
) -> dict[str, Any]:
    """What ``pilotfish fix`` answers: its JSON document, or one with the status of a failure."""
    command = [
        *(str(script), "fix", str(folder / bug.file), "--workspace", str(folder)),
        *("--test", "pytest " + " ".join(map(shlex.quote, tests))),
        *("--model", MODELS[model], "--time-limit", str(limit), "--json"),
    ]
    try:
        answer = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=limit + GRACE_S
        )
    except subprocess.TimeoutExpired:
        return {"status": "overran"}
    try:
        document = json.loads(answer.stdout)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "status" not in document:
        print(answer.stderr[-2000:], file=sys.stderr)
        return {"status": "crashed"}
    return document


def _shape(text: str) -> str:
    """The syntax tree of a module as text, without positions and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and (ast.get_docstring(node, clean=False) is not None):
            del node.body[0]
    return ast.dump(tree)


def judge(folder: Path, patch: str, pool: Pool, scratch: Path) -> tuple[bool, bool]:
    """Whether ``patch``, applied to the workspace, is right, and whether it is exact."""
    if _git(folder, "apply", "--whitespace=nowarn", given=patch).returncode != 0:
        return False, False
    changed = _git(folder, "status", "--porcelain", "--untracked-files=all").stdout.splitlines()
    paths = [line[3:] for line in changed if "__pycache__" not in line]
    if not paths or not all(path.startswith("depot/") for path in paths):
        return False, False
    judged = copy_project(scratch)
    exact = True
    for path in paths:
        if not (folder / path).exists() or not (judged / path).exists():
            return False, False
    for module in sorted((folder / "depot").glob("*.py")):
        text = module.read_text(encoding="utf-8")
        original = judged / "depot" / module.name
        exact = exact and _shape(text) == _shape(original.read_text(encoding="utf-8"))
        original.write_text(text, encoding="utf-8")
    outcome = pool.run(judged)
    right = outcome.exit_code == 0 and not outcome.failed
    return right, right and exact


def run_bug(script: Path, bug: Bug, model: str, limit: float, pool: Pool) -> Result:
    """Let ``fix`` repair one bug and judge what it says."""
    with tempfile.TemporaryDirectory(prefix="fresh-bug-") as temporary:
        folder = Path(temporary).resolve() / "work"
        given, held_back = prepare(bug, folder)
        started = time.perf_counter()
        answer = ask(script, folder, bug, given, model, limit)
        seconds = time.perf_counter() - started
        patch = answer.get("patch") or ""
        # The answer is a patch; nothing may have been written without --write.
        untouched = not _git(folder, "diff", "--name-only").stdout.strip()
        right = exact = False
        if patch and untouched and answer["status"] in ("verified", "unverified"):
            right, exact = judge(folder, patch, pool, Path(temporary) / "judged")
    return Result(
        bug=bug.name,
        kind=bug.kind,
        span=bug.span,
        status=str(answer["status"]),
        right=right,
        exact=exact,
        tests_given=len(given),
        tests_held_back=len(held_back),
        seconds=round(seconds, 2),
        candidates=int(answer.get("candidates_run") or 0),
        model_tokens=int(answer.get("model_tokens") or 0),
        strategy=str(answer.get("strategy") or ""),
    )


def _row(name: str, results: Sequence[Result]) -> list[str]:
    return [
        name,
        str(len(results)),
        str(sum(result.status == "verified" for result in results)),
        str(sum(result.right for result in results)),
        str(sum(result.exact for result in results)),
        str(sum(result.verified_but_wrong for result in results)),
        f"{median(result.seconds for result in results):.1f}",
        f"{max(result.seconds for result in results):.1f}",
        f"{median(result.candidates for result in results):.0f}",
    ]


def table(results: Sequence[Result]) -> Table:
    """The results by kind, by span, and together."""
    shown = Table("", "bugs", "verified", "right", "exact", "verified but wrong")
    for title in ("median s", "longest s", "median candidates"):
        shown.add_column(title)
    for column in shown.columns[1:]:
        column.justify = "right"
    for attribute in ("kind", "span"):
        groups: defaultdict[str, list[Result]] = defaultdict(list)
        for result in results:
            groups[getattr(result, attribute)].append(result)
        for name, members in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            shown.add_row(*_row(name, members))
        shown.add_section()
    judged = [result for result in results if result.tests_held_back]
    if judged:
        shown.add_row(*_row("with tests held back", judged))
    shown.add_row(*_row("all", results), style="bold")
    return shown


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
                result = run_bug(script, bug, options.model, options.time_limit, pool)
                results.append(result)
                verdict = "exact" if result.exact else "right" if result.right else "wrong"
                print(f"{bug.name:40} {result.status:11} {verdict:6} {result.seconds:6.1f} s")
    except BenchmarkError as error:
        explain(error.what, where=error.where, mend=error.mend)
        return 2
    finally:
        if results:
            RESULTS.parent.mkdir(exist_ok=True)
            document = {
                "model": options.model,
                "time_limit": options.time_limit,
                "results": [asdict(result) for result in results],
            }
            RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    Console(width=120).print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
