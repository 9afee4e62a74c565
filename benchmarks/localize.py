"""Whether the wrong line is among the first that ``pilotfish debug`` suspects, and what helps.

``python -m benchmarks.localize [--data FOLDER] [--corpus quixbugs|humanevalfix|fresh_bugs]
[--model 0.5b|1.5b|NAME] [--sample N] [--resume FILE]``, where ``FOLDER`` holds ``quixbugs`` and
``humanevalfix``; without it only ``fresh_bugs``. The installed ``pilotfish debug FILE --test CMD
--json`` runs the failing tests that a repair would be given (and finds passing ones beside them);
its ``lines`` are the row *debug*. The rows above it weigh parts of the evidence alone, from the
tests of the same answer.

With ``--model``, ``debug --verdicts`` is asked: then *debug* has the model's surprise in it, and
*debug + verdicts* is what it would be if the model's verdicts on blocks counted as much.

What is wrong is read off the fixed program (``benchmarks.fault_lines``). *MRR* is the mean of one
over the rank of the first wrong statement.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from analysis.errors import ExplainedError
from benchmarks import fresh_bugs, humanevalfix, quixbugs
from benchmarks.bug_corpus import FRESH_BUGS, Bug, load_bugs
from benchmarks.fault_lines import faulty, rank, statements
from benchmarks.fixing import BenchmarkError, Task, folder, pilotfish, read_json_lines
from benchmarks.models import MODELS
from benchmarks.report import save, show
from benchmarks.sampling import Sample, add_sampling
from pilotfish.console import explain
from repair.localization import Method, localize
from repair.sandbox.run import FailedTest, Outcome, TestResult
from repair.source.file import Source

#: Parts of the evidence, each added to those before.
METHODS: dict[str, frozenset[Method]] = {
    "spectrum": frozenset(),
    "+ exception": frozenset({Method.EXCEPTION}),
    "+ slice": frozenset({Method.EXCEPTION, Method.SLICE}),
    "+ work": frozenset({Method.EXCEPTION, Method.SLICE, Method.WORK}),
}
COMMAND, VERDICTS = "debug", "debug + verdicts"
_WEIGHT = 0.05
_LIMIT_S = 30.0


@dataclass(frozen=True)
class Fault:
    """A bug and the program without it; ``fixed`` reads that when it is wanted."""

    corpus: str
    name: str
    kind: str
    lay_out: Callable[[Path], Task]
    fixed: Callable[[], str]


def faults(corpus: str, data: Path | None) -> Iterator[Fault]:
    """The bugs of a corpus. Raises :class:`BenchmarkError` where its data are not named."""
    if corpus == "fresh_bugs":
        for bug in load_bugs():
            fixed = partial(_read, FRESH_BUGS / "project" / bug.file)
            yield Fault(corpus, bug.name, bug.kind, partial(_lay_out, bug), fixed)
        return
    if data is None:
        raise BenchmarkError(f"{corpus} is not here", where="--data", help="name its folder")
    if corpus == "quixbugs":
        for case in quixbugs.cases(data / corpus):
            path = data / corpus / "correct_python_programs" / f"{case.name}.py"
            yield Fault(corpus, case.name, case.kind, case.lay_out, partial(_read, path))
        return
    for problem in read_json_lines(data / corpus / "python.jsonl"):
        for case in humanevalfix.cases([problem], "example_test"):
            text = problem["declaration"] + problem["canonical_solution"]
            yield Fault(corpus, case.name, case.kind, case.lay_out, partial(str, text))


def _lay_out(bug: Bug, root: Path) -> Task:
    given, _ = fresh_bugs.prepare(bug, root, FRESH_BUGS)
    return Task(bug.file, "pytest " + " ".join(map(shlex.quote, given)))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def locate(script: Path, fault: Fault, model: str) -> dict[str, Any] | None:
    """The rank of the wrong line by each method; ``None`` where nothing fails.

    ``model`` is asked for its opinion, unless it is ``""``.
    """
    with folder() as root:
        task = fault.lay_out(root)
        text = (root / task.file).read_text(encoding="utf-8")
        report = report_of(script, root, task, model)
    if report is None:
        return None
    wrong, owner = faulty(text, fault.fixed()), statements(text)
    if report["status"] != "failing" or not wrong:
        return None
    results = results_of(report)
    source = Source(report["path"], text)
    ranks = {
        name: rank(localize(source, results, methods=methods).ranked(), owner, wrong)
        for name, methods in METHODS.items()
    }
    lines = [entry["line"] + 1 for entry in report["lines"]]
    ranks[COMMAND] = rank(lines, owner, wrong)
    if model:
        ranks[VERDICTS] = rank(_by_verdicts(report), owner, wrong)
    return {
        "name": fault.name,
        "corpus": fault.corpus,
        "kind": fault.kind,
        "ranks": ranks,
        "tests": len(results),
        "seconds": report["seconds"],
    }


def report_of(script: Path, root: Path, task: Task, model: str = "") -> dict[str, Any] | None:
    """What ``debug`` says of a task that is laid out at ``root``; ``None`` where it breaks."""
    words = [str(script), "debug", task.file, "--test", task.command, "--json"]
    options = ["--python", task.python, "--time-limit", str(_LIMIT_S)]
    options += ["--verdicts", "--model", MODELS.get(model, model)] if model else []
    try:
        done = subprocess.run(
            [*words, *options], cwd=root, capture_output=True, text=True, timeout=4 * _LIMIT_S
        )
        report: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return None
    except ValueError:
        print(f"{task.file}: {done.stderr[-300:]}", file=sys.stderr)
        return None
    return report


def results_of(report: dict[str, Any]) -> list[TestResult]:
    """The tests of a report as localization takes them."""
    return [_result(test, report["path"]) for test in report["tests"]]


def _by_verdicts(report: dict[str, Any]) -> list[int]:
    """The 1-based lines, if a verdict moved suspicion as much as surprise does."""
    scores = {entry["line"]: entry["suspicion"] for entry in report["lines"]}
    for block in report["blocks"]:
        verdict = block.get("verdict")
        if verdict and not verdict["right"]:
            for first, last in block["statements"]:
                for line in range(first, last + 1):
                    scores[line] = scores.get(line, 0.0) + _WEIGHT * verdict["confidence"]
    return [line + 1 for line in sorted(scores, key=lambda line: (-scores[line], line))]


def _result(test: dict[str, Any], path: str) -> TestResult:
    """A test of the report as localization takes it."""
    outcome = Outcome(test["outcome"])
    broke = [f["line"] + 1 for f in test.get("frames", ()) if f["path"] == path]
    failure = FailedTest(test["exception"], lines=tuple(broke)) if outcome.bad else None
    lines = frozenset(line + 1 for line in test["lines"])
    return TestResult(test["id"], outcome, test["seconds"], failure, lines)


def table(results: Sequence[dict[str, Any]]) -> list[tuple[str, int, float, float, float, float]]:
    """Rows: method, bugs, shares in the top 1, 3 and 5, and MRR."""
    rows = []
    for name in results[0]["ranks"]:
        ranks = [result["ranks"][name] for result in results]
        shares = [sum(r is not None and r <= top for r in ranks) / len(ranks) for top in (1, 3, 5)]
        mrr = sum(1 / r for r in ranks if r) / len(ranks)
        rows.append((name, len(ranks), *(round(share, 3) for share in (*shares, mrr))))
    return rows


def main() -> int:
    """Measure, print, save; exit code 2 where that cannot be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    corpora = ("quixbugs", "humanevalfix", "fresh_bugs")
    parser.add_argument("--data", type=Path, help="the folder that holds corpora")
    parser.add_argument("--corpus", choices=corpora, action="append", default=[])
    parser.add_argument("--model", default="", help=f"{', '.join(MODELS)}, or a model's name")
    add_sampling(parser)
    chosen = parser.parse_args()
    try:
        script = pilotfish()
        sample = Sample(chosen)
        results = list(sample.known)
        named = chosen.corpus or (corpora if chosen.data else ("fresh_bugs",))
        every = [fault for corpus in named for fault in faults(corpus, chosen.data)]
        for fault in sample.of(every, lambda fault: fault.name):
            result = locate(script, fault, chosen.model)
            if result is not None:
                results.append(result)
                sample.keep(result)
                print(f"{result['name']:40} {result['ranks'][COMMAND]}", file=sys.stderr)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    tables = {}
    for corpus in sorted({result["corpus"] for result in results}):
        rows = table([result for result in results if result["corpus"] == corpus])
        show(f"The wrong line: {corpus}", ("", "bugs", "top 1", "top 3", "top 5", "MRR"), rows)
        tables[corpus] = rows
    path = save("localize", {"tables": tables, "results": results})
    print(f"written: {path}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
