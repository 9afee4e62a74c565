"""What each way in which the model takes part in a repair is worth, by itself and together.

``python -m benchmarks.model_parts --data DIR [--model 0.5b] [--arm infill --arm dialog …]``

QuixBugs' programs are repaired without mutation templates, so that all candidates are the model's:
``infill`` rewrites suspicious lines, blocks and functions; ``dialog`` tells a model trained for
chat what the failing run did block by block and asks for the function anew, with a plan and
without; ``both`` is the first and then the second. Judged as in ``benchmarks.quixbugs``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from analysis.deadline import Cancellation
from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot, Workspace
from benchmarks.fixing import Answer, Case, apply_answer, commit, folder, options
from benchmarks.fixing import choose as choose_cases
from benchmarks.opened import Opened, opened
from benchmarks.quixbugs import cases
from benchmarks.report import save, show
from benchmarks.sampling import Sample
from engine.handlers.tested import subject_of
from pilotfish.console import explain
from repair.aids import Aid
from repair.healing import heal

#: What each arm leaves out.
ARMS = {
    "infill": frozenset({Aid.MUTATION, Aid.DIALOG}),
    "dialog": frozenset({Aid.MUTATION, Aid.INFILL}),
    "both": frozenset({Aid.MUTATION}),
}


@dataclass(frozen=True)
class Result:
    """What one arm made of one program; ``name`` is ``program: arm``."""

    name: str
    arm: str
    status: str
    right: bool
    seconds: float
    tokens: int
    strategy: str


def repaired(case: Case, arm: str, model: Opened, seconds: float) -> Result:
    """Let one arm repair one program, and judge what it says."""
    with folder() as work, folder() as judged:
        task = case.lay_out(work)
        commit(work)
        path = work / task.file
        text = path.read_text(encoding="utf-8")
        snapshot = Snapshot(str(path), text, Workspace(str(work), python=sys.executable))
        subject = subject_of(snapshot, task.command)
        assert subject is not None
        job = replace(subject.job(snapshot, seconds), without=ARMS[arm])
        healing = heal(
            job, model.writer, model.evidence, lambda _message, _share: None, Cancellation()
        )
        patch = healing.patch
        answer = Answer(
            healing.status,
            patch.diff if patch else "",
            healing.seconds,
            healing.candidates_run,
            healing.model_tokens,
            patch.strategy if patch else "",
        )
        right = apply_answer(work, answer, task.file) and case.judge(work, judged)[0]
    return Result(
        f"{case.name}: {arm}",
        arm,
        answer.status,
        right,
        round(answer.seconds, 2),
        answer.model_tokens,
        answer.strategy,
    )


def _row(arm: str, results: Sequence[Result]) -> list[str]:
    mine = [result for result in results if result.arm == arm]
    return [
        arm,
        str(len(mine)),
        str(sum(result.right for result in mine)),
        str(sum(result.status == "verified" and not result.right for result in mine)),
        f"{median(result.seconds for result in mine):.1f}",
        f"{median(result.tokens for result in mine):.0f}",
    ]


_COLUMNS = ("arm", "programs", "right", "verified but wrong", "median s", "median tokens")


def main() -> int:
    """Repair, print, save; exit code 2 where that cannot be."""
    parser = options(__doc__)
    parser.set_defaults(model="0.5b")
    parser.add_argument("--data", required=True, type=Path, help="the folder that holds corpora")
    parser.add_argument("--arm", action="append", choices=tuple(ARMS), help="(default: all)")
    chosen = parser.parse_args()
    sample = Sample(chosen)
    results = [Result(**known) for known in sample.known]
    done = {result.name for result in results}
    try:
        of_corpus = choose_cases(cases(chosen.data / "quixbugs"), chosen.only)
        with opened(chosen.model) as model:
            for case in sample.of(of_corpus, lambda case: case.name):
                for arm in chosen.arm or ARMS:
                    if f"{case.name}: {arm}" in done:
                        continue
                    result = repaired(case, arm, model, chosen.time_limit)
                    results.append(result)
                    sample.keep(asdict(result))
                    verdict = "right" if result.right else "wrong"
                    print(
                        f"{result.name:40} {result.status:11} {verdict:6} {result.seconds:6.1f} s"
                        f" {result.tokens:6} {result.strategy}",
                        flush=True,
                    )
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    arms = [arm for arm in ARMS if any(result.arm == arm for result in results)]
    rows = [_row(arm, results) for arm in arms]
    show(f"QuixBugs by the model alone, {model.name}, {chosen.time_limit:.0f} s", _COLUMNS, rows)
    table = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    save(
        f"model_parts_{chosen.model}",
        {"model": model.name, "table": table, "results": [asdict(result) for result in results]},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
