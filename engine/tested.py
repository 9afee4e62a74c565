"""What requests about a test name: the file as it is in the editor, the command, and its Python.

Shared by the requests that run a user's tests (``fix``, ``implement``, ``optimize``, ``trace``).
"""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.environments.candidates import describe, judged, resolve
from analysis.environments.environment import Environment, InterpreterCandidate, Origin
from analysis.errors import AnalysisError
from analysis.snapshot import Snapshot
from analysis.text.files import is_folder, read_bytes, real_path
from analysis.text.overlay import Buffer, Content
from engine.settings.read import project_settings
from repair.errors import RepairError
from repair.failure.command import TestCommand, parse
from repair.failure.discovery import find_test_command
from repair.job import Job
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Policy, parse_allow
from repair.source.file import Source, read_source


@dataclass(frozen=True)
class Tested:
    """A file and the test command that concerns it, ready for the sandbox.

    ``original`` are the file's bytes as the editor has them; ``base`` the unsaved texts that stand
    for what the disk says; ``test`` the command as text, ``found`` whether nobody named it.
    """

    source: Source
    original: bytes
    base: Mapping[str, bytes]
    test: str
    found: bool
    command: TestCommand
    policy: Policy

    def job(self, snapshot: Snapshot, seconds: float, suite: str = "") -> Job:
        """The repair of this file, of which ``snapshot`` is the editor's view, within ``seconds``.

        ``suite`` is a command for all tests, where one is given.
        """
        return Job(
            source=self.source,
            snapshot=snapshot,
            original=self.original,
            command=self.command,
            suite=parse(suite, self.policy.workspace) if suite else None,
            policy=self.policy,
            time_limit=seconds,
            base=self.base,
        )


#: Finds a command for a file's tests: from the source, the workspace, and whether it has pytest.
FindTests = Callable[[Source, str, bool], str]


def subject_of(
    snapshot: Snapshot,
    test: str,
    *,
    sandbox: bool = True,
    allow: tuple[str, ...] = (),
    find: FindTests = find_test_command,
) -> Tested | None:
    """What a request names; ``None`` when it names no test and ``find`` finds none.

    Raises :class:`~analysis.errors.ExplainedError` for an interpreter or a path that is not there.
    """
    root = snapshot.workspace.root
    source, original, base = on_disk(snapshot)
    environment = _environment(snapshot, test)
    named = test or _named_by_project(root)
    chosen = named or find(source, root, _has(environment, "pytest"))
    if not chosen:
        return None
    command = parse(chosen, root)
    environment = _able(environment, command)
    network, readable = parse_allow(allow)
    policy = Policy(
        workspace=root,
        interpreter=interpreter_of(environment),
        network=network,
        readable=readable,
        confined=sandbox,
    )
    return Tested(source, original, base, chosen, not test, command, policy)


def untested(snapshot: Snapshot) -> Tested:
    """A file of which nothing is run: its command is ``true``."""
    source, original, base = on_disk(snapshot)
    root = snapshot.workspace.root
    policy = Policy(workspace=root, interpreter=interpreter_of(resolve(snapshot.workspace)))
    return Tested(source, original, base, "", False, parse("true", root), policy)


def none_found(snapshot: Snapshot, function: str = "") -> str:
    """The message where there is no test."""
    subject = f"{function} in " * bool(function) + Path(snapshot.path).name
    return f"no test of {subject} was found: name one with --test"


def _named_by_project(root: str) -> str:
    """The tests that ``[tool.pilotfish]`` names, as a command; ``""`` where it names none."""
    settings, _ = project_settings(Path(root))
    return shlex.join(["pytest", *settings.tests]) if settings.tests else ""


def on_disk(snapshot: Snapshot) -> tuple[Source, bytes, dict[str, bytes]]:
    """The source, its bytes, and the unsaved texts of its workspace that stand for what the disk
    says."""
    base: dict[str, bytes] = {}
    root = real_path(snapshot.workspace.root)
    for buffer in snapshot.buffers:
        if not real_path(buffer.path).is_relative_to(root):
            continue  # Another project's: none of this sandbox's business.
        text = buffer.content.text
        try:
            known = _read(buffer.path)
        except RepairError:
            known = None
        if known is None:
            base[buffer.path] = buffer.content.data
        elif known.text != text:
            # What the file's encoding cannot say cannot be saved either: it stands as it was saved.
            with contextlib.suppress(RepairError):
                base[buffer.path] = known.encode(text)
    path = str(real_path(snapshot.path))
    disk = _read(path)
    source = replace(disk, text=snapshot.text) if disk else Source(path, snapshot.text)
    original = source.encode(snapshot.text)
    if disk is None or disk.text != snapshot.text:
        base[path] = original
    return source, original, base


def moved(snapshot: Snapshot, path: str) -> Snapshot:
    """The view of another file, ``path``: as the editor has it, or as it stands on the disk."""
    open_now = {buffer.path: buffer.content.text for buffer in snapshot.buffers}
    text = open_now[path] if path in open_now else read_source(path, read_bytes(path)).text
    left = Buffer(snapshot.path, Content(snapshot.text))
    others = (buffer for buffer in snapshot.buffers if buffer.path != path)
    return replace(snapshot, path=path, text=text, buffers=(*others, left))


def _read(path: str) -> Source | None:
    try:
        return read_source(path, read_bytes(path))
    except OSError:
        return None


def _environment(snapshot: Snapshot, test: str) -> Environment:
    """The Python of the command if it names one by its path, else the workspace's."""
    workspace = snapshot.workspace
    named = parse(test, workspace.root).python if test else None
    if named is not None and workspace.python is None:
        # ``--test CMD`` trusts that command inside the sandbox; outside it runs nothing.
        chosen = judged(Path(named), Origin.SETTING, workspace, "named by the test command")
        return describe(chosen)
    return resolve(workspace)


def _able(environment: Environment, command: TestCommand) -> Environment:
    """Another interpreter where the one that a search found cannot run the command's runner.

    Only when nobody chose: then Pilotfish's own, which has pytest where it was set up for it.
    """
    chosen = environment.origin in (Origin.SETTING, Origin.WORKSPACE)
    if command.plan.runner != "pytest" or chosen or _has(environment, "pytest"):
        return environment
    own = InterpreterCandidate(sys.executable, Origin.OWN, "the one found has no pytest")
    try:
        other = describe(own)
    except AnalysisError:
        return environment
    return other if _has(other, "pytest") else environment


def _has(environment: Environment, module: str) -> bool:
    return any(is_folder(Path(folder, module)) for folder in environment.sys_path)
