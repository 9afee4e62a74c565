"""The user's code: the interpreter that it is analysed for, and the sandbox that it runs in."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.environments.resolve import resolve
from analysis.errors import AnalysisError
from pilotfish.health.sign import Patient, Sign, State
from repair.errors import SandboxUnavailableError
from repair.sandbox.bubblewrap import bwrap_path
from repair.sandbox.interpreter import too_old


def interpreter(patient: Patient) -> Iterator[Sign]:
    """Which Python the workspace is looked at under, and why; started only where that is allowed
    (invariant 5)."""
    try:
        found = resolve(patient.workspace)
    except AnalysisError as error:
        help = error.help or "name one that works with --python"
        yield Sign("interpreter", State.BROKEN, f"{error.where}: {error.what}", help)
        return
    how = "asked" if found.started else "read from its files, never started"
    detail = f"Python {found.version_text}, {found.executable}: {found.why} ({how})"
    if too_old(found):
        why = "; tests run with Python 3.8 to 3.14, so that fix and debug refuse this one"
        yield Sign("interpreter", State.BROKEN, detail + why, "name another one with --python")
        return
    yield Sign("interpreter", State.OK, detail)


def sandbox(patient: Patient) -> Iterator[Sign]:
    """Whether a sandbox can be made, by making one."""
    try:
        path = bwrap_path()
    except SandboxUnavailableError as error:
        yield Sign("sandbox", State.BROKEN, error.what, error.help)
    else:
        yield Sign("sandbox", State.OK, f"bubblewrap at {path} works")
