"""Corpora of bugs through the installed ``pilotfish fix``: the driver that they all share.

How the command is found and asked, how its patch is applied, and how a long corpus accumulates over
several runs. Which patch is right, each benchmark knows for itself: it gives a :class:`Case` for
each bug.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.environments.candidates import resolve
from analysis.errors import ExplainedError
from analysis.snapshot import Workspace
from benchmarks.models import MODELS
from benchmarks.sampling import Sample, add_sampling
from benchmarks.tally import Result, save_results, show_results
from repair.errors import SandboxDiedError
from repair.failure.command import parse
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy
from repair.sandbox.run import Terms

#: Seconds that ``fix`` may take beyond its own limit: starting, and validating the last patch.
GRACE_S = 120
#: What one verdict may take; programs that loop are wrong.
_VERDICT_S = 60.0


class BenchmarkError(ExplainedError):
    """The benchmark cannot run here."""


@dataclass(frozen=True)
class Answer:
    """What ``fix`` said. ``status`` is its own, or ``overran`` or ``crashed``; wall seconds."""

    status: str
    patch: str
    seconds: float
    candidates: int
    model_tokens: int
    strategy: str
    plausible: int = 0
    reason: str = ""
    confidence: float = 0.0
    questions: int = 0
    rivals: float = 0.0
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What ``fix`` is asked: a file, relative to the workspace, and the command that fails.

    A patch may touch existing files below ``package`` only, or the file alone where it is empty.
    ``given`` and ``held_back`` count tests, where they can be counted. ``python`` is the person's
    interpreter.
    """

    file: str
    command: str
    package: str = ""
    given: int = 0
    held_back: int = 0
    python: str = sys.executable


@dataclass(frozen=True)
class Case:
    """One bug: how a workspace for its repair is laid out, and how the result is judged.

    ``lay_out`` fills the folder that it is given; ``judge`` is given that folder, patched, and an
    empty one to judge in: whether the patch is right, and whether the program is exactly what it
    was before the bug. ``applies`` tells whether there is anything to repair, ``meant`` is the text
    of the file without the bug.
    """

    name: str
    kind: str
    lay_out: Callable[[Path], Task]
    judge: Callable[[Path, Path], tuple[bool, bool]]
    span: str = ""
    applies: Callable[[], bool] = lambda: True
    meant: Callable[[], str] | None = None


def pilotfish() -> Path:
    """The installed script. Raises :class:`BenchmarkError` where ``fix`` does not work yet."""
    script = Path(sys.executable).with_name("pilotfish")
    if not script.exists():
        raise BenchmarkError("pilotfish is not installed", where=str(script), help="make setup")
    probe = subprocess.run([script, "fix", "--help"], capture_output=True, text=True, check=False)
    if probe.returncode != 0 or "--test" not in probe.stdout:
        raise BenchmarkError(
            "this pilotfish has no working 'fix' command, so there is nothing to measure",
            where="pilotfish fix --help",
            help="run the benchmark on a version that has it",
        )
    return script


def git(folder: Path, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run git in ``folder``, never failing by itself."""
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    return subprocess.run(
        ["git", *identity, *words],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def commit(folder: Path) -> None:
    """Make ``folder`` a repository whose one commit is how it is now."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "As it is")


def ask(
    script: Path, folder: Path, task: Task, model: str, limit: float, more: Sequence[str] = ()
) -> Answer:
    """Let ``fix`` repair the task's file of the workspace ``folder``; ``more`` are options."""
    command = [
        *(str(script), "fix", str(folder / task.file), "--workspace", str(folder)),
        *("--test", task.command, "--python", task.python),
        *("--model", MODELS.get(model, model), "--time-limit", str(limit), "--json"),
        *more,
    ]
    started = time.perf_counter()
    document: dict[str, Any] = {"status": "crashed"}
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=limit + GRACE_S
        )
    except subprocess.TimeoutExpired:
        document = {"status": "overran"}
    else:
        try:
            answer = json.loads(ended.stdout)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and "status" in answer:
            document = answer
        else:
            print(ended.stderr[-2000:], file=sys.stderr)
    patch = str(document.get("patch") or "")
    return Answer(
        status=str(document["status"]),
        patch=patch,
        seconds=round(time.perf_counter() - started, 2),
        candidates=int(document.get("candidates_run") or 0),
        model_tokens=int(document.get("model_tokens") or 0),
        strategy=str(document.get("strategy") or ""),
        plausible=len(document.get("alternatives") or ()) + bool(patch),
        reason=str(document.get("reason") or ""),
        confidence=float(document.get("confidence") or 0.0),
        questions=len(document.get("questions") or ()),
        rivals=float(document.get("rivals") or 0.0),
        timings=dict(document.get("timings") or {}),
    )


def apply_answer(folder: Path, answer: Answer, touched: str) -> bool:
    """Apply the patch of ``answer`` to the committed workspace ``folder``.

    False where there is none, where it does not apply, where it touches anything but existing
    files whose path begins with ``touched``, or where the workspace was changed already although
    nothing was to be written.
    """
    if not answer.patch or answer.status not in ("verified", "ambiguous", "unverified"):
        return False
    if git(folder, "diff", "--name-only").stdout.strip():
        return False
    if git(folder, "apply", "--whitespace=nowarn", given=answer.patch).returncode != 0:
        return False
    status = git(folder, "status", "--porcelain", "--untracked-files=all").stdout.splitlines()
    changes = [line for line in status if "__pycache__" not in line and ".pytest_cache" not in line]
    return bool(changes) and all(line.startswith(f" M {touched}") for line in changes)


def answering(text: str, at: Path, questions: int) -> list[str]:
    """Options by which the program ``text``, which is written into the folder ``at``, answers so
    many questions of ``fix``."""
    path = at / "meant.py"
    path.write_text(text, encoding="utf-8")
    return ["--answers", str(path), "--questions", str(questions)]


def run_case(script: Path, case: Case, model: str, limit: float, questions: int = 0) -> Result:
    """Let ``fix`` repair one bug, in a repository of its own, and judge what it says; so many of
    its ``questions`` are answered."""
    with folder() as work, folder() as judged, folder() as aside:
        task = case.lay_out(work)
        commit(work)
        more: list[str] = []
        if questions and case.meant is not None:
            more = answering(case.meant(), aside, questions)
        answer = ask(script, work, task, model, limit, more)
        right = exact = False
        if apply_answer(work, answer, f"{task.package}/" if task.package else task.file):
            right, exact = case.judge(work, judged)
    return Result(
        bug=case.name,
        kind=case.kind,
        span=case.span,
        status=answer.status,
        right=right,
        exact=exact,
        tests_given=task.given,
        tests_held_back=task.held_back,
        seconds=answer.seconds,
        candidates=answer.candidates,
        model_tokens=answer.model_tokens,
        strategy=answer.strategy,
        plausible=answer.plausible,
        reason=answer.reason,
        confidence=answer.confidence,
        patch=answer.patch,
        rivals=answer.rivals,
        questions=answer.questions,
    )


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark over a corpus of bugs has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ", ".join(MODELS)
    parser.add_argument("--model", default="none", help=f"{known}, a model's name, or a GGUF file")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a name, kind or span of bugs"
    )
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="so many at once")
    parser.add_argument(
        "--answers", type=int, default=0, metavar="N", help="answer N questions from the fixed text"
    )
    parser.add_argument("--verbose", action="store_true", help="print every patch")
    add_sampling(parser)
    return parser


def choose(cases: Iterable[Case], only: Sequence[str]) -> list[Case]:
    """The cases whose kind, span or name is one of ``only``; all of them where it is empty.

    Raises :class:`BenchmarkError` when there is none.
    """
    wanted = set(only)
    chosen = [case for case in cases if not only or {case.kind, case.span, case.name} & wanted]
    if not chosen:
        raise BenchmarkError("there are no such bugs", where=f"--only {' '.join(only)}")
    return chosen


def run_corpus(name: str, title: str, cases: Iterable[Case], chosen: argparse.Namespace) -> None:
    """Repair and judge ``cases``, a line for each as it ends; then the table, and the JSON.

    Raises :class:`BenchmarkError` where there is nothing to run.
    """
    script = pilotfish()
    sample = Sample(chosen)
    results = [Result(**known) for known in sample.known]
    waiting = sample.of(choose(cases, chosen.only), lambda case: case.name)

    def work(case: Case) -> Result | None:
        if not case.applies():
            return None
        return run_case(script, case, chosen.model, chosen.time_limit, chosen.answers)

    try:
        for result in _each(work, waiting, max(1, chosen.parallel)):
            results.append(result)
            sample.keep(asdict(result))
            verdict = "exact" if result.exact else "right" if result.right else "wrong"
            print(
                f"{result.bug:40} {result.status:11} {verdict:6} {result.seconds:6.1f} s"
                f" {result.candidates:6} {result.strategy}",
                flush=True,
            )
            if chosen.verbose:
                print(result.patch or result.reason, flush=True)
    finally:
        if results:
            save_results(name, chosen.model, chosen.time_limit, results)
    if results:
        show_results(f"{title}, model: {chosen.model}", results)


def _each(
    work: Callable[[Case], Result | None], cases: Iterator[Case], at_once: int
) -> Iterator[Result]:
    """The results of ``work``, as they come; a case is begun when there is a place for it."""
    if at_once == 1:
        yield from filter(None, map(work, cases))
        return
    with ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(work, case) for case, _ in zip(cases, range(at_once), strict=False)}
        while running:
            ended = next(as_completed(running))
            running.remove(ended)
            running |= {pool.submit(work, case) for case, _ in zip(cases, range(1), strict=False)}
            if (result := ended.result()) is not None:
                yield result


def passes(
    root: Path, command: str, seconds: float = _VERDICT_S, python: str = sys.executable
) -> bool:
    """Whether ``command`` succeeds in ``root``, in the sandbox, within ``seconds``."""
    environment = resolve(Workspace(str(root), python=python))
    policy = Policy(str(root), interpreter_of(environment))
    plan = parse(command, str(root)).plan
    try:
        with ForkServer(policy, str(root / "none.py"), 1) as server:
            return server.run(plan, {}, Terms(wall=seconds)).passed()
    except SandboxDiedError:
        return False


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="pilotfish-bench-")).resolve()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def read_json_lines(path: Path) -> list[dict[str, str]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
