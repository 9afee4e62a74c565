"""A ledger of the templates: how often each was tried, passed, and was right, and its seconds.

``python -m benchmarks.templates --data DIR [--limit N] [--seed N] [--time-limit S] [--resume FILE]
[--json]``

``DIR`` is a folder of cases as for ``benchmarks.real_bugs`` (docs/real-bugs.md). Unlike ``fix``,
which ends soon after the first patch that holds, every candidate is tried until the time is up, the
likeliest first, and each that passes is judged as ``benchmarks.real_bugs`` judges a patch. *First*
counts the cases in which a template's candidate was the first right one: what nobody else had found
by then. A template that was never right on cases that nobody read has not earned its place.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot, Workspace
from benchmarks.fixing import BenchmarkError, commit, folder
from benchmarks.real_bugs import RealBug, judge, load
from benchmarks.report import save, show
from benchmarks.sampling import Sample, add_sampling
from engine.tested import subject_of
from pilotfish.console import explain
from repair.candidates.registry import generate
from repair.errors import RepairError, SandboxDiedError
from repair.failure.diagnosing import diagnose
from repair.sandbox.workbench import Workbench
from repair.search.trials import Kind, Trials

#: Candidates that pass and are judged for one case; and of one template.
_JUDGED, _JUDGED_ALIKE = 12, 2


@dataclass
class Line:
    """What became of one template."""

    made: int = 0
    tried: int = 0
    seconds: float = 0.0
    passed: int = 0
    right: int = 0
    wrong: int = 0
    first: int = 0
    cases_right: int = 0


@dataclass
class Page:
    """What became of all templates in one case; ``problem`` says why it could not be run."""

    name: str
    read: bool
    problem: str = ""
    lines: dict[str, Line] = field(default_factory=dict)


def run_case(bug: RealBug, limit: float) -> Page:
    """Try what templates make of one case for ``limit`` seconds."""
    lines: defaultdict[str, Line] = defaultdict(Line)
    with folder() as work:
        task = bug.lay_out(work)
        commit(work)
        path = work / task.file
        text = path.read_text(encoding="utf-8")
        snapshot = Snapshot(str(path), text, Workspace(str(work), python=task.python))
        about = subject_of(snapshot, task.command)
        if about is None:
            raise BenchmarkError("the case has no test", where=bug.name)
        cancellation, deadline = Cancellation(), Deadline.after(limit)
        count = len(about.source.line_starts)
        passed = []
        with Workbench(about.policy, about.source.path, count, about.base, cancellation) as bench:
            diagnosis = diagnose(about.source, about.command, bench, deadline)
            queue = generate(
                about.source,
                diagnosis.suspicion,
                diagnosis.symptoms(),
                go_on=lambda: not deadline.expired(),
                failures=diagnosis.failures(),
            )
            for strategy, made in Counter(c.strategy for c in queue).items():
                lines[strategy].made = made
            trials = Trials(about.source, diagnosis, bench)
            for trial in trials.every(queue):
                line = lines[trial.candidate.strategy]
                line.tried += 1
                line.seconds += trial.seconds
                if trial.kind is Kind.PLAUSIBLE:
                    line.passed += 1
                    passed.append(trial.candidate)
                if deadline.expired():
                    break
        found = False
        for candidate in passed[:_JUDGED]:
            line = lines[candidate.strategy]
            if line.right + line.wrong >= _JUDGED_ALIKE:
                continue
            path.write_bytes(about.source.encode(about.source.apply(candidate.edits)))
            with folder() as scratch:
                right, _ = judge(bug, work, scratch)
            line.right += right
            line.wrong += not right
            line.first += right and not found
            found = found or right
    for line in lines.values():
        line.cases_right = int(line.right > 0)
    return Page(bug.name, bug.read, lines=dict(lines))


def ledger(pages: Sequence[Page]) -> dict[str, Line]:
    """The sums over cases that nobody read, those that were right the most often first."""
    sums: defaultdict[str, Line] = defaultdict(Line)
    for page in pages:
        for name, line in page.lines.items() if not page.read else ():
            total = sums[name]
            for key, value in asdict(line).items():
                setattr(total, key, getattr(total, key) + value)
    return dict(sorted(sums.items(), key=lambda each: (-each[1].cases_right, -each[1].passed)))


def page_of(entry: dict[str, Any]) -> Page:
    """The page that ``asdict`` made an entry of."""
    lines = {name: Line(**line) for name, line in entry.pop("lines").items()}
    return Page(**entry, lines=lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, save; exit code 2 where that cannot be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, type=Path, help="a folder of cases")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only so many, by seed")
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="S", help="of a case")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    add_sampling(parser)
    chosen = parser.parse_args(arguments)
    chosen.sample = chosen.sample or chosen.limit
    try:
        bugs = [load(path.parent) for path in sorted(chosen.data.glob("*/case.json"))]
        if not bugs:
            raise BenchmarkError("there are no cases", where=str(chosen.data))
        sample = Sample(chosen)
        pages = [page_of(entry) for entry in sample.known]
        for bug in sample.of(bugs, lambda bug: bug.name):
            began = time.perf_counter()
            try:
                page = run_case(bug, chosen.time_limit)
            except (ExplainedError, RepairError, SandboxDiedError, OSError, ValueError) as error:
                page = Page(bug.name, bug.read, f"{type(error).__name__}: {error}")
            pages.append(page)
            sample.keep(asdict(page))
            right = sum(line.right for line in page.lines.values())
            wrong = sum(line.wrong for line in page.lines.values())
            said = page.problem or f"{right} right, {wrong} wrong"
            took = time.perf_counter() - began
            print(f"{page.name:28} {said} {took:6.1f} s", file=sys.stderr, flush=True)
        found = ledger(pages)
        report = {
            "cases": sum(not page.read and not page.problem for page in pages),
            "time_limit_s": chosen.time_limit,
            "templates": {name: asdict(line) for name, line in found.items()},
            "pages": [asdict(page) for page in pages],
        }
        save("templates", report)
        if chosen.json:
            print(json.dumps(report))
            return 0
        columns = ("made", "tried", "seconds", "passed", "right", "wrong", "first", "cases_right")
        rows = [
            [name, *(round(getattr(line, column), 2) for column in columns)]
            for name, line in found.items()
        ]
        title = f"Templates in {report['cases']} cases that nobody read"
        show(title, ("", *(column.replace("_", " ") for column in columns)), rows)
        never = [name for name, line in found.items() if not line.right]
        print(f"never right: {len(never)} of {len(found)}: {', '.join(never)}")
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
