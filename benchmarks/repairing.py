"""Repairs of a corpus through the handler that ``pilotfish fix`` calls, and their verdicts."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.deadline import Cancellation
from analysis.environments.resolve import resolve
from analysis.snapshot import Snapshot, Workspace
from benchmarks.report import save, show
from benchmarks.sampling import Sample, add_sampling
from decoding.writer import Writer
from engine.handlers.fix import fix
from engine.messages import FixAnswer, FixRequest
from repair.command import parse
from repair.patch import apply_diff
from repair.sandbox.forkserver import ForkServer, SandboxDiedError
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy
from repair.sandbox.run import Terms
from repair.source import read_source

#: What one verdict may take; programs that loop are wrong.
_VERDICT_S = 60.0


@dataclass(frozen=True)
class Case:
    """One faulty file: how to lay out a workspace for its repair, and how to judge the result.

    ``lay_out`` fills an empty folder and returns the faulty file and the test command;
    ``judge`` fills an empty folder for the file's repaired bytes and returns the command that
    must pass. ``applies`` tells whether there is anything to repair.
    """

    name: str
    lay_out: Callable[[Path], tuple[Path, str]]
    judge: Callable[[Path, bytes], str]
    applies: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Result:
    """What became of a case. ``right`` is the verdict of tests that the repair never saw."""

    name: str
    status: str
    right: bool
    strategy: str
    seconds: float
    candidates: int
    tokens: int
    plausible: int
    reason: str
    patch: str


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark of repair has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, type=Path, help="the folder that holds corpora")
    parser.add_argument("--model", default="none", help="none, a model's name, or a GGUF file")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for one repair")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--verbose", action="store_true", help="print every patch")
    add_sampling(parser)
    return parser


def run_all(
    cases: Iterable[Case], writer: Writer | None, chosen: argparse.Namespace
) -> list[Result]:
    """Repair and judge each case, telling progress on standard error."""
    sample = Sample(chosen)
    results = [Result(**known) for known in sample.known]
    for case in sample.of(cases, lambda case: case.name):
        if not case.applies():
            continue
        result = run_case(case, writer, chosen.time_limit)
        results.append(result)
        sample.keep(asdict(result))
        print(
            f"{case.name:32} {result.status:10} {'right' if result.right else 'wrong':6}"
            f"{result.seconds:6.1f} s {result.candidates:6} {result.strategy}",
            file=sys.stderr,
            flush=True,
        )
        if chosen.verbose:
            print(result.patch or result.reason, file=sys.stderr)
    return results


def run_case(case: Case, writer: Writer | None, time_limit: float) -> Result:
    """Repair one case in a folder of its own, and judge the patch in another."""
    with folder() as root:
        path, test = case.lay_out(root)
        before = path.read_bytes()
        source = read_source(str(path), before)
        workspace = Workspace(str(root), python=sys.executable)
        request = FixRequest(
            Snapshot(str(path), source.text, workspace), test=test, time_limit=time_limit
        )
        began = time.monotonic()
        answer: FixAnswer = fix(request, writer, None, lambda _m, _f: None, Cancellation())
        seconds = time.monotonic() - began
    right = False
    if answer.patch:
        with folder() as root:
            command = case.judge(root, apply_diff(answer.patch, before))
            right = passes(root, command)
    return Result(
        case.name,
        answer.status,
        right,
        answer.strategy,
        round(seconds, 2),
        answer.candidates_run,
        answer.model_tokens,
        len(answer.alternatives) + bool(answer.patch),
        answer.reason,
        answer.patch,
    )


def passes(root: Path, command: str, seconds: float = _VERDICT_S) -> bool:
    """Whether ``command`` succeeds in ``root``, in the sandbox, within ``seconds``."""
    environment = resolve(Workspace(str(root), python=sys.executable))
    policy = Policy(str(root), interpreter_of(environment))
    plan = parse(command, str(root)).plan
    try:
        with ForkServer(policy, str(root / "none.py"), 1) as server:
            return server.run(plan, {}, Terms(wall=seconds)).passed()
    except SandboxDiedError:
        return False


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that is a workspace root, removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="pilotfish-bench-")).resolve()
    try:
        (made / "setup.cfg").touch()
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def tell(name: str, title: str, results: list[Result], model: str) -> None:
    """Print the table and write the JSON."""
    seconds = sorted(result.seconds for result in results)
    verified = [result for result in results if result.status == "verified"]
    wrong = [result for result in verified if not result.right]
    rows = [
        ("cases", len(results)),
        ("verified", len(verified)),
        ("right", sum(result.right for result in results)),
        ("verified but wrong", len(wrong)),
        ("median seconds", statistics.median(seconds) if seconds else 0),
        ("longest seconds", seconds[-1] if seconds else 0),
        ("candidates", sum(result.candidates for result in results)),
        ("model tokens", sum(result.tokens for result in results)),
    ]
    show(f"{title}, model: {model}", ("", ""), rows)
    print("not right:", ", ".join(r.name for r in results if not r.right) or "none")
    summary = {key.replace(" ", "_"): value for key, value in rows}
    path = save(name, {"model": model, **summary, "results": [asdict(r) for r in results]})
    print(f"written: {path}", file=sys.stderr)


def read_json_lines(path: Path) -> list[dict[str, str]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
