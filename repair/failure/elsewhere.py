"""Where else the mistake may be: files of the workspace that a failing test runs through.

Those that the failure passed come first, the deepest of them before others; then what the file
under repair imports, which it may call; last what it only imports. From a test, what it runs by
fixtures counts too.

Where nobody named a file, the likeliest of them is the one to repair (:func:`at_fault`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.text.files import read_bytes
from repair.errors import RepairError
from repair.failure.command import TestCommand
from repair.failure.diagnosing import AlreadyPassingError, diagnose
from repair.failure.diagnosis import Diagnosis
from repair.sandbox.policy import Policy
from repair.sandbox.workbench import Workbench
from repair.source.file import Source, read_source

_MOST = 3
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


def elsewhere(source: Source, diagnosis: Diagnosis) -> tuple[str, ...]:
    """Paths of other files to repair, the likeliest first; no tests among them."""
    mine = {str(Path(source.path)), *diagnosis.test_files}
    others = [path for path in diagnosis.own if path not in mine and not _is_test(path)]
    passed = _passed(diagnosis)
    imported = _imported(source.tree)
    near = {path: passed.index(path) for path in others if path in passed}
    called = {path: len(passed) for path in others if _name(path) in imported}
    ran: dict[str, int] = {}
    if source.path in diagnosis.test_files:
        ran = {path: len(passed) + 1 for path in others if path in diagnosis.entered}
    order = {**ran, **called, **near}

    def place(path: str) -> tuple[bool, int, int]:
        return (not diagnosis.runs(path), order[path], others.index(path))

    return tuple(sorted(order, key=place)[:_MOST])


def at_fault(
    source: Source, command: TestCommand, policy: Policy, limit: float, cancellation: Cancellation
) -> tuple[str, str]:
    """The file in which a failing test of ``command`` probably goes wrong, and why; ``source`` is a
    test file, ``limit`` are seconds.

    Raises :class:`~repair.errors.RepairError` where no test fails, or none runs through a file that
    could be repaired; :class:`~repair.errors.SandboxDiedError`, and
    :class:`~decoding.errors.CancelledError`.
    """
    lines = len(source.line_starts)
    with Workbench(policy, source.path, lines, {}, cancellation) as bench:
        try:
            diagnosis = diagnose(source, command, bench, Deadline.after(limit))
        except AlreadyPassingError as error:
            raise RepairError(
                f"{error.what}: there is nothing to repair", where=command.plan.command
            ) from None
    failing = diagnosis.failure()
    name = failing.id if failing is not None else ""
    passed = _passed(diagnosis)
    tests = [path for path in (*passed, *diagnosis.test_files) if path in diagnosis.test_files]
    if tests and source.path not in tests:
        source = read_source(tests[0], read_bytes(Path(tests[0])))
    found = elsewhere(source, diagnosis)
    if found and found[0] in passed:
        return found[0], f"{name} fails in it" if found[0] == passed[0] else f"{name} passes it"
    if found:
        return found[0], f"{name} runs through it"
    # A script may be its own test.
    mine = [path for path in passed if path == source.path and not _is_test(path)]
    if mine:
        return mine[0], "it fails itself"
    if failing is not None and failing.id in diagnosis.unimportable and failing.failure is not None:
        said = f"{failing.failure.exception}: {failing.failure.message}"
        raise RepairError(
            f"{name} cannot be imported: {said}",
            where=command.plan.command,
            help="put the import right, or name the file: pilotfish fix FILE --test CMD",
        )
    raise RepairError(
        f"{name or 'the test'} runs through no file of the workspace that could be repaired",
        where=command.plan.command,
        help="name the file: pilotfish fix FILE --test CMD",
    )


def _passed(diagnosis: Diagnosis) -> list[str]:
    """Files on the way of the first failure, the deepest first."""
    failure = diagnosis.failure()
    if failure is None or failure.failure is None:
        return []
    return list(dict.fromkeys(path for path, _line, _name in reversed(failure.failure.frames)))


def _imported(tree: ast.AST | None) -> frozenset[str]:
    """The last names of modules that are imported, and of what is imported from them."""
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            found.update(alias.name.rpartition(".")[2] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").rpartition(".")[2])
            found.update(alias.name for alias in node.names)
    return frozenset(found)


def _name(path: str) -> str:
    file = Path(path)
    return file.parent.name if file.name == "__init__.py" else file.stem


def _is_test(path: str) -> bool:
    file = Path(path)
    parts: Sequence[str] = file.parts[-3:-1]
    name = file.stem
    return (
        name == "conftest"
        or name.startswith("test_")
        or name.endswith("_test")
        or bool(_TEST_FOLDERS.intersection(parts))
    )
