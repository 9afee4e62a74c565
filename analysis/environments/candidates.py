"""Which interpreters come into question for a workspace, in the order of preference.

Order: the interpreter the user named; the workspace's ``.venv`` or
``venv``; ``VIRTUAL_ENV``; ``CONDA_PREFIX``; ``PATH``; at last Pilotfish's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.environments.environment import InterpreterCandidate, Origin
from analysis.snapshot import Workspace
from analysis.text.files import is_file

#: Names of an interpreter below the folder of an environment.
_EXECUTABLES = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
_ON_PATH = ("python3", "python", "python.exe")
#: Where a workspace has an environment of its own.
WORKSPACE_FOLDERS = (".venv", "venv")


def candidates(
    workspace: Workspace, variables: Mapping[str, str] | None = None
) -> tuple[InterpreterCandidate, ...]:
    """Every candidate for ``workspace``; ``variables`` default to this process's environment."""
    variables = os.environ if variables is None else variables
    return tuple(_candidates(workspace, variables))


def _candidates(
    workspace: Workspace, variables: Mapping[str, str]
) -> Iterator[InterpreterCandidate]:
    if workspace.python is not None:
        yield InterpreterCandidate(workspace.python, Origin.SETTING, "named by the user")
    for folder in WORKSPACE_FOLDERS:
        found = _executable_in(Path(workspace.root) / folder)
        if found is not None:
            yield judged(found, Origin.WORKSPACE, workspace, f"{folder} of the workspace")
    for variable, origin in (
        ("VIRTUAL_ENV", Origin.VIRTUAL_ENV),
        ("CONDA_PREFIX", Origin.CONDA),
    ):
        prefix = variables.get(variable)
        found = _executable_in(Path(prefix)) if prefix else None
        if found is not None:
            yield judged(found, origin, workspace, f"{variable} is set")
    for entry in variables.get("PATH", "").split(os.pathsep):
        if not os.path.isabs(entry):  # noqa: PTH117 - an entry may be empty
            continue  # It names another folder in every workspace.
        for name in _ON_PATH:
            executable = Path(os.path.abspath(entry)) / name  # noqa: PTH100 - keeps links
            if is_file(executable) and os.access(executable, os.X_OK):
                yield judged(executable, Origin.PATH, workspace, "the first on PATH")
                break
        else:
            continue
        break
    yield judged(Path(sys.executable), Origin.OWN, workspace, "no other interpreter was found")


def belongs_to(path: Path, workspace: Workspace) -> bool:
    """Whether ``path`` lies in the workspace, by its own name or by what its folder links to."""
    root = Path(os.path.realpath(workspace.root))
    literal = Path(os.path.abspath(path))  # noqa: PTH100 - links must not be resolved
    forms = (literal, Path(os.path.realpath(literal.parent)) / literal.name, literal.resolve())
    roots = (root, Path(os.path.abspath(workspace.root)))  # noqa: PTH100
    return any(form.is_relative_to(place) for form in forms for place in roots)


def judged(
    executable: Path, origin: Origin, workspace: Workspace, why: str
) -> InterpreterCandidate:
    """``executable`` as a candidate: one of an untrusted workspace is read, not started."""
    if workspace.trusted or not belongs_to(executable, workspace):
        return InterpreterCandidate(str(executable), origin, why)
    why += "; it lies in an untrusted workspace and is read, not started"
    return InterpreterCandidate(str(executable), origin, why, workspace.root)


def _executable_in(prefix: Path) -> Path | None:
    prefix = Path(os.path.abspath(prefix))  # noqa: PTH100 - links must not be resolved
    for name in _EXECUTABLES:
        # A dangling link still marks an environment whose packages can be read.
        if os.path.lexists(prefix / name):
            return prefix / name
    if is_file(prefix / "pyvenv.cfg"):
        return prefix / _EXECUTABLES[0]
    return None
