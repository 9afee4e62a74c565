"""How many bugs of real projects ``pilotfish fix`` repairs: any folder of cases, one format.

``python -m benchmarks.real_bugs --data DIR [--model none|0.5b|1.5b|PATH.gguf] [--limit N]
[--time-limit 90] [--answers N] [--find-file] [--resume FILE] [--json]``

``DIR`` holds a folder for each case, with a ``case.json`` (docs/real-bugs.md says what stands in
it). The cases themselves are no part of this repository. A case that somebody read in order to
improve something says ``"read": true`` and is counted apart, for good.

*Right*: where tests were held back from the repair, all hidden tests pass. Where none were, they
pass as well and the program answers calls like those of its tests as the fixed text does; a file
that is the fixed one as a syntax tree is right in any case. Each patch is judged by this, whatever
status ``fix`` gave it. ``--answers N`` lets the fixed text answer up to ``N`` questions of ``fix``.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from analysis.environments.candidates import resolve
from analysis.errors import ExplainedError
from analysis.snapshot import Workspace
from benchmarks.fault_lines import faulty, rank, statements
from benchmarks.fixing import (
    Answer,
    BenchmarkError,
    Task,
    answering,
    apply_answer,
    ask,
    commit,
    folder,
    options,
    passes,
    pilotfish,
)
from benchmarks.fresh_bugs import shape
from benchmarks.localize import METHODS, report_of, results_of
from benchmarks.models import MODELS
from benchmarks.report import save, show
from benchmarks.sampling import Sample
from pilotfish.console import explain
from repair.choice.differences import essence
from repair.errors import SandboxDiedError
from repair.failure.command import parse
from repair.localization import localize
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy
from repair.source.file import Source
from repair.source.units import Units, groups, towards

#: What the hidden tests of a case may take, and observing what its program answers.
_HIDDEN_S, _HOLD_S, _ANSWERS_S = 180.0, 60.0, 2.0
_OBSERVED_TESTS = 30
_TOPS = (1, 3, 5)
STATUSES = ("verified", "ambiguous", "unverified", "none")


@dataclass(frozen=True)
class RealBug:
    """What ``case.json`` says; paths are relative to its folder ``home``.

    ``tree`` are folders that are copied one over the other; ``fixed`` gives the file with the fixed
    text for each of ``files``; ``hidden`` is a folder that is laid over the patched tree before
    ``hidden_test`` is run.
    """

    home: Path
    name: str
    kind: str
    tree: tuple[str, ...]
    files: tuple[str, ...]
    interpreter: str
    test: str
    failing: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    corpus: str = ""
    hidden: str = ""
    hidden_test: str = ""
    read: bool = False

    def fixed_text(self, file: str) -> str:
        """The text of ``file`` without the bug."""
        return (self.home / self.fixed[file]).read_text(encoding="utf-8")

    def lay_out(self, root: Path) -> Task:
        """Copy the tree to ``root``."""
        for layer in self.tree:
            shutil.copytree(self.home / layer, root, dirs_exist_ok=True, symlinks=True)
        return Task(self.files[0], self.test, given=len(self.failing), python=self.interpreter)


def load(path: Path) -> RealBug:
    """The case in the folder ``path``. Raises :class:`BenchmarkError` where it is none."""
    where = str(path / "case.json")
    try:
        entry = json.loads((path / "case.json").read_text(encoding="utf-8"))
        tree = entry.pop("tree")
        bug = RealBug(
            path,
            tree=(tree,) if isinstance(tree, str) else tuple(tree),
            files=tuple(entry.pop("files")),
            failing=tuple(entry.pop("failing")),
            **entry,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BenchmarkError(
            f"this is not a case: {type(error).__name__} {error}",
            where=where,
            help="see docs/real-bugs.md",
        ) from error
    if not bug.files or not (bug.fixed or bug.hidden_test):
        raise BenchmarkError("a case names files, and a fixed text or hidden tests", where=where)
    return bug


def judge(bug: RealBug, repaired: Path, scratch: Path) -> tuple[bool, bool]:
    """Whether the patched tree ``repaired`` is right, and whether it is exactly the fixed text."""
    exact = bool(bug.fixed) and all(
        _same_text((repaired / file).read_text(encoding="utf-8"), bug.fixed_text(file))
        for file in bug.files
    )
    if exact:
        return True, True
    bug.lay_out(scratch)
    if bug.hidden:
        shutil.copytree(bug.home / bug.hidden, scratch, dirs_exist_ok=True)
    for file in bug.files:
        shutil.copy(repaired / file, scratch / file)
    command = bug.hidden_test or bug.test
    if not passes(scratch, command, _HIDDEN_S, bug.interpreter):
        return False, False
    # Held-back tests have judged; where there are none, the tests are those that were given.
    return bool(bug.hidden) or not bug.fixed or _answers_alike(bug, scratch), False


def _same_text(one: str, other: str) -> bool:
    try:
        return shape(one) == shape(other)
    except SyntaxError:
        return False


def _answers_alike(bug: RealBug, root: Path) -> bool:
    """Whether the patched program answers as the fixed one does, as far as that can be seen."""
    for file in bug.files:
        fixed, patched = bug.fixed_text(file), (root / file).read_text(encoding="utf-8")
        if fixed == patched:
            continue
        path = root / file
        path.write_text(fixed, encoding="utf-8")
        source = Source(str(path), fixed)
        units = Units(source)
        changed = groups(units, towards(source, Source(str(path), patched)))
        if not changed:
            continue
        texts = [(units.module(unit, ()), units.module(unit, edits)) for unit, edits in changed]
        environment = resolve(Workspace(str(root), python=bug.interpreter))
        policy = Policy(str(root), interpreter_of(environment))
        try:
            with ForkServer(policy, str(path), len(source.line_starts)) as server:
                plan = parse(bug.test, str(root)).plan
                held = server.hold(plan, wall=_HOLD_S)
                if held is None:
                    continue
                select = held[0][:_OBSERVED_TESTS]
                seen = server.behave(
                    replace(plan, select=select), [texts], seconds=_ANSWERS_S, wall=_HOLD_S
                )
        except SandboxDiedError:
            continue
        row = seen.variants[0]
        if row is not None and essence(row) != essence(seen.original):
            return False
    return True


# ---------------------------------------------------------------------- one case


@dataclass(frozen=True)
class Ranks:
    """Where the wrong statement and its function stand, from 1; ``None`` where they are not among
    the suspects."""

    statement: int | None
    function: int | None


@dataclass
class Figures:
    """What became of one case. ``spectrum`` is by the tests alone, ``traced`` with all evidence."""

    name: str
    corpus: str
    kind: str
    read: bool
    status: str = "broken"
    right: bool = False
    exact: bool = False
    seconds: float = 0.0
    strategy: str = ""
    candidates: int = 0
    model_tokens: int = 0
    confidence: float = 0.0
    reason: str = ""
    patch: str = ""
    questions: int = 0
    rivals: float = 0.0
    spectrum: Ranks | None = None
    traced: Ranks | None = None
    timings: Mapping[str, float] = field(default_factory=dict)


def figures_of(entry: dict[str, Any]) -> Figures:
    """The figures that ``asdict`` made an entry of."""
    for name in ("spectrum", "traced"):
        if entry.get(name):
            entry[name] = Ranks(**entry[name])
    return Figures(**entry)


def run_case(script: Path, bug: RealBug, chosen: argparse.Namespace) -> Figures:
    """Locate, repair and judge one bug."""
    found = Figures(bug.name, bug.corpus, bug.kind, bug.read)
    with folder() as work, folder() as judged, folder() as aside:
        task = bug.lay_out(work)
        commit(work)
        if bug.fixed and not chosen.no_localize:
            found.spectrum, found.traced = _located(script, bug, work, task)
        extra: list[str] = []
        if chosen.answers and bug.fixed:
            extra = answering(bug.fixed_text(bug.files[0]), aside, chosen.answers)
        answer = ask(script, work, task, chosen.model, chosen.time_limit, extra)
        _note(found, answer)
        if apply_answer(work, answer, ""):
            found.right, found.exact = judge(bug, work, judged)
    return found


def _note(found: Figures, answer: Answer) -> None:
    found.status, found.seconds, found.patch = answer.status, answer.seconds, answer.patch
    found.strategy, found.candidates = answer.strategy, answer.candidates
    found.model_tokens, found.confidence = answer.model_tokens, answer.confidence
    found.reason, found.timings, found.questions = answer.reason, answer.timings, answer.questions
    found.rivals = answer.rivals


def _located(
    script: Path, bug: RealBug, root: Path, task: Task
) -> tuple[Ranks | None, Ranks | None]:
    text = (root / task.file).read_text(encoding="utf-8")
    report = report_of(script, root, task)
    wrong = faulty(text, bug.fixed_text(task.file))
    if report is None or report["status"] != "failing" or not wrong:
        return None, None
    results = results_of(report)
    plain = localize(Source(report["path"], text), results, methods=METHODS["spectrum"]).ranked()
    lines = [entry["line"] + 1 for entry in report["lines"]]
    return _ranks(text, plain, wrong), _ranks(text, lines, wrong)


def _ranks(text: str, lines: Sequence[int], wrong: Iterable[int]) -> Ranks:
    wrong, owner, inside = set(wrong), statements(text), _functions(text)
    hit = {inside.get(line, 0) for line in wrong}
    order = dict.fromkeys(inside.get(line, 0) for line in lines if line in owner)
    place = next((n for n, name in enumerate(order, 1) if name in hit), None)
    return Ranks(rank(lines, owner, wrong), place)


def _functions(text: str) -> dict[int, int]:
    """The first line of the innermost function around each line that stands in one."""
    found: dict[int, int] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[line] = max(found.get(line, 0), node.lineno)
    return found


# ---------------------------------------------------------------------- all


def run_all(script: Path, bugs: Iterable[RealBug], chosen: argparse.Namespace) -> Iterator[Figures]:
    """What became of each case, as it ends. One that cannot be run costs itself only."""
    for bug in bugs:
        began = time.perf_counter()
        try:
            yield run_case(script, bug, chosen)
        except (ExplainedError, OSError, ValueError, SyntaxError, RecursionError) as error:
            found = Figures(bug.name, bug.corpus, bug.kind, bug.read)
            found.reason = f"{type(error).__name__}: {error}"
            found.seconds = round(time.perf_counter() - began, 2)
            yield found


def summary(results: Sequence[Figures]) -> dict[str, Any]:
    """The counts of some results; shares are of those that were located."""
    known = [r for r in results if r.status != "broken"]
    counts: dict[str, Any] = {
        "cases": len(results),
        "broken": len(results) - len(known),
        "right": sum(r.right for r in known),
        "right_and_verified": sum(r.right and r.status == "verified" for r in known),
        "verified_but_wrong": sum(r.status == "verified" and not r.right for r in known),
        **{status: sum(r.status == status for r in known) for status in STATUSES},
        "ambiguous_and_right": sum(r.status == "ambiguous" and r.right for r in known),
        "questions": sum(r.questions for r in known),
        "median_seconds": median([r.seconds for r in known] or [0.0]),
    }
    for name in ("first_run", "second_run", "first_candidate"):
        times = [r.timings[name] for r in known if name in r.timings]
        counts[f"median_{name}"] = median(times) if times else None
    for name in ("spectrum", "traced"):
        ranks = [r for each in known if (r := getattr(each, name)) is not None]
        counts[f"located_{name}"] = len(ranks)
        for part in ("statement", "function"):
            places = [getattr(r, part) for r in ranks]
            counts[f"{name}_{part}"] = {
                f"top {top}": round(sum(p is not None and p <= top for p in places) / len(ranks), 3)
                for top in _TOPS
                if ranks
            }
    return counts


def parts(results: Sequence[Figures]) -> dict[str, dict[str, int]]:
    """What each strategy brought: patches, right ones, and those verified but wrong."""
    found: defaultdict[str, dict[str, int]] = defaultdict(
        lambda: {"patches": 0, "right": 0, "verified_but_wrong": 0}
    )
    for result in results:
        if result.strategy:
            entry = found[result.strategy]
            entry["patches"] += 1
            entry["right"] += result.right
            entry["verified_but_wrong"] += result.status == "verified" and not result.right
    return dict(found)


def document(chosen: argparse.Namespace, results: Sequence[Figures]) -> dict[str, Any]:
    """Everything that is known, those that were read apart."""
    groups_of = {
        "unread": [r for r in results if not r.read],
        "read": [r for r in results if r.read],
    }
    return {
        "model": MODELS.get(chosen.model, chosen.model),
        "time_limit_s": chosen.time_limit,
        "questions_at_most": chosen.answers,
        **{name: summary(some) for name, some in groups_of.items() if some},
        "kinds": {
            kind: summary([r for r in groups_of["unread"] if r.kind == kind])
            for kind in sorted({r.kind for r in groups_of["unread"]})
        },
        "parts": parts(groups_of["unread"]),
        "results": [asdict(r) for r in results],
    }


def print_tables(found: Mapping[str, Any]) -> None:
    """The document as tables."""
    columns = ("cases", "right", "verified_but_wrong", *STATUSES, "ambiguous_and_right", "broken")
    rows = []
    for name in ("unread", "read"):
        if name in found:
            rows.append([name, *(found[name][c] for c in columns)])
    rows += [[kind, *(counts[c] for c in columns)] for kind, counts in found["kinds"].items()]
    show(
        f"Real bugs, model: {found['model']}",
        ("", *(column.replace("_", " ") for column in columns)),
        rows,
    )
    located = [
        [f"{name}, {part}", counts[f"located_{name}"], *counts[f"{name}_{part}"].values()]
        for name in ("spectrum", "traced")
        for part in ("statement", "function")
        if (counts := found.get("unread") or found.get("read")) and counts[f"{name}_{part}"]
    ]
    if located:
        show("Where the bug is", ("", "bugs", *(f"top {top}" for top in _TOPS)), located)
    times = [
        [
            name,
            *(counts[f"median_{t}"] for t in ("first_run", "second_run", "first_candidate")),
            counts["median_seconds"],
        ]
        for name in ("unread", "read")
        if (counts := found.get(name))
    ]
    show(
        "Seconds (medians) until", ("", "first run", "second run", "first candidate", "end"), times
    )
    brought = [[name, *entry.values()] for name, entry in sorted(found["parts"].items())]
    if brought:
        show("What each part brought", ("", "patches", "right", "verified but wrong"), brought)


def main(arguments: Sequence[str] | None = None) -> int:
    """Repair all, print, save; exit code 2 where that cannot be."""
    parser = options(__doc__)
    parser.set_defaults(time_limit=90.0)
    parser.add_argument("--data", required=True, type=Path, help="a folder of cases")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only so many, by seed")
    parser.add_argument("--no-localize", action="store_true", help="do not rank the wrong line")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    chosen = parser.parse_args(arguments)
    chosen.sample = chosen.sample or chosen.limit
    try:
        script = pilotfish()
        bugs, results = [], []
        for path in sorted(chosen.data.glob("*/case.json")):
            try:
                bugs.append(load(path.parent))
            except BenchmarkError as error:
                results.append(Figures(path.parent.name, "", "broken", False, reason=str(error)))
        wanted = set(chosen.only)
        bugs = [b for b in bugs if not wanted or {b.name, b.kind, b.corpus} & wanted]
        if not bugs:
            raise BenchmarkError("there are no cases", where=str(chosen.data))
        sample = Sample(chosen)
        results += map(figures_of, sample.known)
        for found in run_all(script, sample.of(bugs, lambda bug: bug.name), chosen):
            results.append(found)
            sample.keep(asdict(found))
            verdict = "exact" if found.exact else "right" if found.right else "-"
            print(
                f"{found.name:28} {found.kind:22} {found.status:10} {verdict:6}"
                f" {found.seconds:6.1f} s {found.confidence:5.2f}",
                file=sys.stderr,
                flush=True,
            )
        report = document(chosen, results)
        save(f"real_bugs_{chosen.model}", report)
        if chosen.json:
            print(json.dumps(report))
        else:
            print_tables(report)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
