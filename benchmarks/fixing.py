"""One run of the installed ``pilotfish fix`` on a workspace, and the table of many.

What the benchmarks of repair share: how the command is found and asked, how its patch is applied,
and how results are counted. Which patch is right, each benchmark knows for itself.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from analysis.errors import ExplainedError
from benchmarks.report import save, show

#: What ``--model`` of a benchmark stands for on the command line of ``fix``.
MODELS = {
    "none": "none",
    "0.5b": "qwen2.5-coder-0.5b-instruct-q4_k_m",
    "1.5b": "qwen2.5-coder-1.5b-instruct-q4_k_m",
}

#: Columns of the table of results.
COLUMNS = (
    *("", "bugs", "verified", "right", "exact", "verified but wrong"),
    *("median s", "longest s", "median candidates"),
)
#: Seconds that ``fix`` may take beyond its own limit: starting, and validating the last patch.
GRACE_S = 120


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


@dataclass(frozen=True)
class Result:
    """What became of one bug. ``exact``: the program is again what it was before the bug."""

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
    script: Path, folder: Path, file: str, tests: Sequence[str], model: str, limit: float
) -> Answer:
    """Let ``fix`` repair ``file`` of the workspace ``folder`` until ``tests`` pass."""
    command = [
        *(str(script), "fix", str(folder / file), "--workspace", str(folder)),
        *("--test", "pytest " + " ".join(map(shlex.quote, tests))),
        *("--model", MODELS[model], "--time-limit", str(limit), "--json"),
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
    return Answer(
        status=str(document["status"]),
        patch=str(document.get("patch") or ""),
        seconds=round(time.perf_counter() - started, 2),
        candidates=int(document.get("candidates_run") or 0),
        model_tokens=int(document.get("model_tokens") or 0),
        strategy=str(document.get("strategy") or ""),
    )


def apply_answer(folder: Path, answer: Answer, package: str) -> bool:
    """Apply the patch of ``answer`` to the committed workspace ``folder``.

    False where there is none, where it does not apply, where it touches anything but existing
    files of ``package``, or where the workspace was changed already although nothing was to be
    written.
    """
    if not answer.patch or answer.status not in ("verified", "unverified"):
        return False
    if git(folder, "diff", "--name-only").stdout.strip():
        return False
    if git(folder, "apply", "--whitespace=nowarn", given=answer.patch).returncode != 0:
        return False
    status = git(folder, "status", "--porcelain", "--untracked-files=all").stdout.splitlines()
    changes = [line for line in status if "__pycache__" not in line and ".pytest_cache" not in line]
    return bool(changes) and all(line.startswith(f" M {package}/") for line in changes)


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


def show_results(title: str, results: Sequence[Result]) -> None:
    """Print the results by kind, by span, and together."""
    rows: list[Sequence[object]] = []
    for attribute in ("kind", "span"):
        groups: defaultdict[str, list[Result]] = defaultdict(list)
        for result in results:
            groups[getattr(result, attribute)].append(result)
        for name, members in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            rows.append(_row(name, members))
        rows.append([""] * len(COLUMNS))
    rows.append(_row("all", results))
    show(title, COLUMNS, rows)


def save_results(name: str, model: str, limit: float, results: Sequence[Result]) -> None:
    """Write ``results`` as JSON, with the machine, as ``NAME_MODEL.json``."""
    save(
        f"{name}_{model}",
        {
            "model": MODELS[model],
            "time_limit_s": limit,
            "bugs": len(results),
            "right": sum(result.right for result in results),
            "exact": sum(result.exact for result in results),
            "verified_but_wrong": sum(result.verified_but_wrong for result in results),
            "results": [asdict(result) for result in results],
        },
    )
