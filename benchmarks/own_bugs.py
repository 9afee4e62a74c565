"""A model's own bugs: what it writes for HumanEval and gets wrong, repaired on visible examples.

``python -m benchmarks.own_bugs --data FOLDER [--model 0.5b|1.5b|PATH.gguf] [--arm NAME]...
[--failing] [--sample N] [--budget S] [--resume FILE]``, where ``FOLDER/humanevalfix/python.jsonl``
holds prompts, examples and tests; the solutions that stand there too are never read.

The setting of LDB (Zhong, Wang and Shang, ACL Findings 2024): the *first* body that the model
writes, greedily, is pass@1 before. Each other arm is ``pilotfish implement`` within the same time,
which sees the examples alone; the hidden tests judge what it answers, and where it answers nothing
the first body. *resampled* writes other bodies in all that time and repairs none; *decomposed*
writes nothing but helper functions and composes them (Parsel); the arms *without* something leave
one part of the repair out. ``--failing`` runs the arms only where the
first body fails the examples, and counts the first body elsewhere.

The table says how many more of a hundred problems are right than with the first bodies, with the
95 % interval of the bootstrap over problems, and of the problems that *resampled* was tried on too
those that an arm has right and *resampled* has not, and the other way round.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from analysis.deadline import Cancellation
from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot, Workspace
from benchmarks.dot_scores import interval
from benchmarks.fixing import folder, passes, read_json_lines
from benchmarks.humanevalfix import FILE, Problem, write_test
from benchmarks.models import MODELS
from benchmarks.report import save, show
from benchmarks.sampling import Sample, add_sampling
from decoding.writer import Writer
from engine.settings.values import MachineSettings
from engine.tested import on_disk, subject_of
from engine.writers import Writers, choose, load
from pilotfish.console import explain
from pilotfish.repairing import LaterEvidence
from repair.components import Component
from repair.implementing.implementer import Implementer
from repair.source.stub import find_stub

FIRST, RESAMPLED, FULL, DECOMPOSED = "first", "resampled", "implement", "decomposed"
#: Seconds for the first body, which is what the model writes and no matter of time.
_FIRST_S = 180.0
#: What each arm leaves out; ``monitors`` is no part of the repair but of the decoding.
ARMS: dict[str, frozenset[str]] = {
    RESAMPLED: frozenset({Component.REPAIR}),
    FULL: frozenset(),
    DECOMPOSED: frozenset(
        {Component.DRAWING, Component.MUTATION, Component.INFILL, Component.DIALOG}
    ),
    **{f"without {each}": frozenset({each}) for each in (*list(Component)[:5], "monitors")},
}


@dataclass(frozen=True)
class Result:
    """What one arm answered to one problem. ``passes`` are the examples, ``right`` the hidden
    tests; ``name`` is ``problem: arm``."""

    name: str
    problem: str
    arm: str
    status: str
    passes: bool
    right: bool
    seconds: float
    candidates: int
    model_tokens: int
    strategy: str
    reason: str
    text: str


@dataclass(frozen=True)
class Bench:
    """What all problems are tried with."""

    writer: Writer
    evidence: LaterEvidence
    seconds: float

    def first(self, problem: Problem) -> Result:
        """The body that the model writes greedily."""
        with folder() as root:
            implementer = self._implementer(problem, root, frozenset(), _FIRST_S)
            began = time.perf_counter()
            healing = implementer.unchecked("nothing was run")
            spent = time.perf_counter() - began
            text = healing.patch.data.decode() if healing.patch else problem["prompt"]
            return _result(problem, FIRST, "", text, spent, tokens=implementer.tokens)

    def answer(self, problem: Problem, arm: str, first: Result) -> Result:
        """What ``implement`` answers without what the arm leaves out."""
        # The model is loaded, and has nothing of what another arm asked in its cache.
        self.writer.score("a =", " b", cancellation=Cancellation())
        with folder() as root:
            implementer = self._implementer(problem, root, ARMS[arm], self.seconds)
            began = time.perf_counter()
            healing = implementer.run()
            spent = time.perf_counter() - began
        text = healing.patch.data.decode() if healing.patch else first.text
        return _result(
            problem,
            arm,
            healing.status,
            text,
            spent,
            tokens=healing.model_tokens,
            candidates=healing.candidates_run,
            strategy=healing.patch.strategy if healing.patch else "",
            reason=healing.reason,
        )

    def _implementer(
        self, problem: Problem, root: Path, without: frozenset[str], seconds: float
    ) -> Implementer:
        path = root / FILE
        path.write_text(problem["prompt"], encoding="utf-8")
        command = write_test(problem, "example_test", root)
        workspace = Workspace(str(root), python=sys.executable)
        snapshot = Snapshot(str(path), problem["prompt"], workspace)
        about = subject_of(snapshot, command)
        assert about is not None
        without_parts = frozenset(Component(each) for each in without if each != "monitors")
        job = replace(about.job(snapshot, seconds), without=without_parts)
        stub = find_stub(on_disk(snapshot)[0], problem["entry_point"])
        evidence = None if "monitors" in without else self.evidence
        return Implementer(stub, job, self.writer, evidence, _quiet, Cancellation())


def _quiet(_message: str, _fraction: float) -> None:
    return


def _result(
    problem: Problem,
    arm: str,
    status: str,
    text: str,
    seconds: float,
    *,
    tokens: int = 0,
    candidates: int = 0,
    strategy: str = "",
    reason: str = "",
) -> Result:
    return Result(
        name=_name(problem, arm),
        problem=problem["task_id"],
        arm=arm,
        status=status,
        passes=_holds(problem, "example_test", text),
        right=_holds(problem, "test", text),
        seconds=round(seconds, 2),
        candidates=candidates,
        model_tokens=tokens,
        strategy=strategy,
        reason=reason,
        text=text,
    )


def _holds(problem: Problem, key: str, text: str) -> bool:
    with folder() as root:
        (root / FILE).write_text(text, encoding="utf-8")
        return passes(root, write_test(problem, key, root), 20.0)


def _name(problem: Problem, arm: str) -> str:
    return f"{problem['task_id']}: {arm}"


def _work(
    bench: Bench, problems: Sequence[Problem], chosen: argparse.Namespace, known: Sequence[Result]
) -> Iterator[Result]:
    """The results that are not known yet: all of one problem, then those of the next one."""
    firsts = {result.problem: result for result in known if result.arm == FIRST}
    done = {result.name for result in known}
    until = time.monotonic() + chosen.budget if chosen.budget else float("inf")
    for problem in problems:
        for arm in (FIRST, *chosen.arm):
            if time.monotonic() > until:
                return
            if _name(problem, arm) in done:
                continue
            if arm == FIRST:
                firsts[problem["task_id"]] = bench.first(problem)
                yield firsts[problem["task_id"]]
                continue
            first = firsts[problem["task_id"]]
            if not (chosen.failing and first.passes):
                yield bench.answer(problem, arm, first)


@dataclass(frozen=True)
class Outcomes:
    """Which problems were right: by the first body, and by each arm that was tried on them.

    With ``failing`` the arms were tried only where the first body fails the examples; elsewhere
    the first body stands.
    """

    results: Sequence[Result]
    failing: bool

    def of(self, arm: str) -> dict[str, Result]:
        """The results of ``arm`` by problem."""
        return {result.problem: result for result in self.results if result.arm == arm}

    def counted(self, arm: str) -> dict[str, tuple[bool, bool]]:
        """Before and after, for each problem that counts."""
        firsts, mine = self.of(FIRST), self.of(arm)
        found = {p: (firsts[p].right, result.right) for p, result in mine.items()}
        if self.failing:
            stand = {p: first for p, first in firsts.items() if first.passes and p not in mine}
            found |= {p: (first.right, first.right) for p, first in stand.items()}
        return found

    def row(self, arm: str) -> list[str]:
        """One line of the table."""
        mine, counted = self.of(arm), self.counted(arm)
        points = [100.0 * (after - before) for before, after in counted.values()]
        low, high = interval(points)
        wrong = [p for p in mine if not counted[p][0]]
        share = 100 / len(counted)
        vouched = [r for r in mine.values() if r.status == "verified"]
        return [
            arm,
            str(len(counted)),
            f"{share * sum(before for before, _ in counted.values()):.1f} %",
            f"{share * sum(after for _, after in counted.values()):.1f} %",
            f"{sum(points) / len(points):+.1f} ({low:+.1f} to {high:+.1f})",
            f"{sum(mine[p].right for p in wrong)} of {len(wrong)}",
            self._against(mine, self.of(RESAMPLED)) if arm != RESAMPLED else "",
            str(sum(not r.right for r in vouched)),
            f"{median(r.seconds for r in mine.values()):.1f}",
            f"{median(r.candidates for r in mine.values()):.0f}",
            f"{median(r.model_tokens for r in mine.values()):.0f}",
        ]

    @staticmethod
    def _against(mine: Mapping[str, Result], others: Mapping[str, Result]) -> str:
        """How many only one of the two arms has right, of those that both were tried on."""
        both = mine.keys() & others.keys()
        gained = sum(mine[p].right and not others[p].right for p in both)
        lost = sum(others[p].right and not mine[p].right for p in both)
        return f"{gained} / {lost} of {len(both)}"


_COLUMNS = (
    *("arm", "problems", "pass@1 before", "after", "points (95 %)", "fixed"),
    *("right / wrong against resampled", "verified but wrong"),
    *("median s", "median candidates", "median tokens"),
)


@dataclass(frozen=True)
class Opened:
    """Both are started when they are first asked. ``name`` is the model's."""

    name: str
    writer: Writer
    evidence: LaterEvidence


@contextmanager
def opened(model: str) -> Iterator[Opened]:
    """The repair model of a benchmark's ``--model``, closed in the end.

    Raises :class:`~analysis.errors.ExplainedError` where there is no such model here.
    """
    name = MODELS.get(model, model)
    machine = MachineSettings(model=name, repair_model=name)
    found = choose(machine, "repair")
    writers, evidence = Writers(lambda: machine, lambda *_: found, load), LaterEvidence()
    try:
        yield Opened(found.name, writers.repairing(), evidence)
    finally:
        evidence.close()
        writers.unload()
        writers.close()


def main() -> int:
    """Run, print, save; exit code 2 where that cannot be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, type=Path, help="the folder that holds corpora")
    parser.add_argument("--model", default="0.5b", help=f"{', '.join(MODELS)}, or a GGUF file")
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="S", help="of an arm")
    parser.add_argument(
        "--arm", action="append", choices=tuple(ARMS), help="(default: resampled and implement)"
    )
    parser.add_argument("--failing", action="store_true", help="only where the examples fail")
    add_sampling(parser)
    chosen = parser.parse_args()
    chosen.arm = chosen.arm or [RESAMPLED, FULL]
    try:
        _run(chosen)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


def _run(chosen: argparse.Namespace) -> None:
    problems = read_json_lines(chosen.data / "humanevalfix" / "python.jsonl")
    sample = Sample(chosen)
    results = [Result(**known) for known in sample.known]
    with_examples = [problem for problem in problems if problem["example_test"].strip()]
    picked = sample.of(with_examples, lambda problem: problem["task_id"])
    with opened(chosen.model) as model:
        bench = Bench(model.writer, model.evidence, chosen.time_limit)
        for result in _work(bench, list(picked), chosen, results):
            results.append(result)
            sample.keep(asdict(result))
            verdict = "right" if result.right else "wrong"
            print(
                f"{result.name:32} {result.status:11} {verdict:6} {result.seconds:6.1f} s"
                f" {result.candidates:6} {result.strategy}",
                flush=True,
            )
    outcomes = Outcomes(results, chosen.failing)
    firsts = outcomes.of(FIRST).values()
    arms = [arm for arm in ARMS if outcomes.of(arm)]
    rows = [outcomes.row(arm) for arm in arms]
    right = sum(first.right for first in firsts)
    show(
        f"Own bugs of {model.name}: {right} of {len(firsts)} first bodies right,"
        f" {chosen.time_limit:.0f} s an arm",
        _COLUMNS,
        rows,
    )
    save(
        f"own_bugs_{chosen.model}",
        {
            "model": model.name,
            "time_limit_s": chosen.time_limit,
            "failing_only": chosen.failing,
            "table": [dict(zip(_COLUMNS, row, strict=True)) for row in rows],
            "results": [asdict(result) for result in results],
        },
    )


if __name__ == "__main__":
    sys.exit(main())
