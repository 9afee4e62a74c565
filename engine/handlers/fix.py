"""``FixRequest``: repair a file until its failing test passes."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.deadline import Cancellation
from analysis.environments.environment import Candidate, Environment, Origin
from analysis.environments.resolve import describe, resolve
from analysis.errors import AnalysisError
from analysis.snapshot import Snapshot
from decoding.evidence import Evidence
from decoding.writer import Writer
from engine.messages import FixAnswer, FixRequest, RankedPatch
from engine.settings.read import project_settings
from repair.command import TestCommand, parse
from repair.discovery import find_test_command
from repair.healing import Healing, Job, Patch, heal
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy, parse_allow
from repair.source import Source, read_source

ReportProgress = Callable[[str, float], None]


def fix(
    request: FixRequest,
    writer: Writer | None,
    evidence: Evidence | None,
    progress: ReportProgress,
    cancellation: Cancellation,
) -> FixAnswer:
    """Repair the file of ``request.snapshot``; ``progress`` is told a message and a fraction.

    A cancelled request answers with what it has. Raises
    :class:`~analysis.errors.ExplainedError` when nothing could be tried: no sandbox, no
    interpreter, no such path to allow.
    """
    snapshot = request.snapshot
    root = snapshot.workspace.root
    source, original, base = _on_disk(snapshot)
    environment = _environment(request)
    has_pytest = _has(environment, "pytest")
    test = request.test or _named_by_project(root) or find_test_command(source, root, has_pytest)
    if not test:
        return FixAnswer(
            "error", reason=f"no test of {Path(snapshot.path).name} was found: name one with --test"
        )
    if not request.test:
        progress(f"no --test was given: using {test}", 0.0)
    command = parse(test, root)
    environment = _able(environment, command)
    network, readable = parse_allow(request.allow)
    job = Job(
        source=source,
        snapshot=snapshot,
        original=original,
        command=command,
        suite=parse(request.suite, root) if request.suite else None,
        policy=Policy(
            workspace=root,
            interpreter=interpreter_of(environment),
            network=network,
            readable=readable,
            confined=request.sandbox,
        ),
        time_limit=request.time_limit,
        base=base,
    )
    healing = heal(job, writer if request.use_model else None, evidence, progress, cancellation)
    answer = _answer(healing, writer if request.use_model else None)
    return answer if request.test else replace(answer, reason=f"{answer.reason}; test: {test}")


def _named_by_project(root: str) -> str:
    """The tests that ``[tool.pilotfish]`` names, as a command; ``""`` where it names none."""
    settings, _ = project_settings(Path(root))
    return shlex.join(["pytest", *settings.tests]) if settings.tests else ""


def _on_disk(snapshot: Snapshot) -> tuple[Source, bytes, dict[str, bytes]]:
    """The source, its bytes, and the unsaved texts that stand for what the disk says."""
    base: dict[str, bytes] = {}
    for path, text in snapshot.unsaved:
        known = _read(path)
        data = (known.encode(text) if known else text.encode()) if path else b""
        if path and (not known or known.text != text):
            base[path] = data
    path = str(Path(snapshot.path).resolve())
    disk = _read(path)
    source = replace(disk, text=snapshot.text) if disk else Source(path, snapshot.text)
    original = source.encode(snapshot.text)
    if disk is None or disk.text != snapshot.text:
        base[path] = original
    return source, original, base


def _read(path: str) -> Source | None:
    try:
        return read_source(path, Path(path).read_bytes())
    except OSError:
        return None


def _environment(request: FixRequest) -> Environment:
    """The Python of the command if it names one by its path, else the workspace's."""
    workspace = request.snapshot.workspace
    named = parse(request.test, workspace.root).python if request.test else None
    if named is not None and workspace.python is None:
        # ``--test CMD`` trusts that command, and with it the interpreter that it names.
        return describe(Candidate(named, Origin.SETTING, True, "named by the test command"))
    return resolve(workspace)


def _able(environment: Environment, command: TestCommand) -> Environment:
    """Another interpreter where the one that a search found cannot run the command's runner.

    Only when nobody chose: then Pilotfish's own, which has pytest where it was set up for it.
    """
    chosen = environment.origin in (Origin.SETTING, Origin.WORKSPACE)
    if command.plan.runner != "pytest" or chosen or _has(environment, "pytest"):
        return environment
    own = Candidate(sys.executable, Origin.OWN, True, "the one found has no pytest")
    try:
        other = describe(own)
    except AnalysisError:
        return environment
    return other if _has(other, "pytest") else environment


def _has(environment: Environment, module: str) -> bool:
    return any(Path(folder, module).is_dir() for folder in environment.sys_path)


def _answer(healing: Healing, writer: Writer | None) -> FixAnswer:
    return FixAnswer(
        status=healing.status,
        patch=healing.patch.diff if healing.patch else "",
        alternatives=tuple(map(_ranked, healing.alternatives)),
        strategy=healing.patch.strategy if healing.patch else "",
        blocks=healing.blocks,
        candidates_run=healing.candidates_run,
        not_run=healing.not_run,
        seconds=round(healing.seconds, 3),
        model_tokens=healing.model_tokens,
        model=writer.name if writer else "",
        reason=healing.reason,
        rejected=healing.rejected,
    )


def _ranked(patch: Patch) -> RankedPatch:
    return RankedPatch(patch.diff, patch.strategy, round(patch.score, 3))
