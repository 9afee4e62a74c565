"""Which interpreter a workspace has: those that come into question, in the order of preference, and
the first of them whose facts can be read.

Order: the interpreter the user named; the workspace's ``.venv`` or ``venv``; ``VIRTUAL_ENV``;
``CONDA_PREFIX``; ``PATH``; at last Pilotfish's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.environments.boundaries import may_be_named
from analysis.environments.environment import Environment, InterpreterCandidate, Origin
from analysis.environments.pth import added_folders
from analysis.environments.static import read
from analysis.errors import AnalysisError
from analysis.snapshot import Workspace
from analysis.text.files import is_file, is_folder, real_path

# An interpreter's facts as it tells them itself. Only for interpreters that may be started.

#: In the syntax of Python 3.8, since the user's interpreter runs it.
_QUESTION = """\
import json, site, sys, sysconfig
try:
    packages = site.getsitepackages()
except AttributeError:
    packages = []
user = site.getusersitepackages() if sys.prefix == sys.base_prefix else None
print(json.dumps({
    "version": list(sys.version_info[:3]), "path": sys.path, "packages": packages, "user": user,
    "stdlib": sysconfig.get_paths()["stdlib"],
}))
"""
#: Long enough for a cold start on a loaded machine, short enough to be noticed.
_TIMEOUT_S = 20.0


def ask(candidate: InterpreterCandidate) -> Environment:
    """Start ``candidate`` isolated (``-I``), in a neutral folder, and let it describe itself.

    Raises :class:`~analysis.errors.AnalysisError` when it does not start or answers nonsense.
    """
    if not candidate.may_start:
        raise AnalysisError(
            "this interpreter belongs to an untrusted workspace and is not started",
            where=candidate.executable,
            help="pilotfish trust DIR",
        )
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [candidate.executable, "-I", "-c", _QUESTION],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env=variables,
            timeout=_TIMEOUT_S,
            check=True,
        )
        said = json.loads(done.stdout)
        version = tuple(int(part) for part in said["version"])
        stdlib = str(said["stdlib"])
        paths = [str(entry) for entry in said["path"]]
        packages = [str(entry) for entry in said["packages"]]
        user = said["user"]
        if len(version) != 3:
            raise ValueError("not a version")
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise AnalysisError(
            f"the interpreter did not describe itself: {type(error).__name__}",
            where=candidate.executable,
            help="name a working one with --python PATH",
        ) from None
    # ``-I`` leaves out the user's own site-packages, which a normal run of a system Python has.
    if isinstance(user, str) and is_folder(Path(user)):
        packages.append(user)
        paths.append(user)
    named = [*paths, *(folder for place in packages for folder in added_folders(Path(place)))]
    base = Path(stdlib)
    return Environment(
        executable=candidate.executable,
        version=(version[0], version[1], version[2]),
        stdlib=stdlib,
        sys_path=tuple(
            dict.fromkeys(
                p for p in named if is_folder(Path(p)) and may_be_named(Path(p), "", base)
            )
        ),
        site_packages=tuple(p for p in packages if is_folder(Path(p))),
        origin=candidate.origin,
        started=True,
        why=candidate.why,
    )


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
    forms = (literal, Path(os.path.realpath(literal.parent)) / literal.name, real_path(literal))
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


# The choice: one environment for a workspace.


def resolve(workspace: Workspace, variables: Mapping[str, str] | None = None) -> Environment:
    """The environment of ``workspace``: of its candidates the first that can be described.

    Starts an interpreter only where invariant 5 allows it. Raises
    :class:`~analysis.errors.AnalysisError` when the interpreter that the user named does not
    work: going on with another would answer about the wrong world.
    """
    for candidate in candidates(workspace, variables):
        try:
            return describe(candidate)
        except AnalysisError:
            if candidate.origin is Origin.SETTING:
                raise
    raise AnalysisError("no Python interpreter was found", where=workspace.root)


def describe(candidate: InterpreterCandidate) -> Environment:
    """What ``candidate`` is: asked where it may be started, read from its files where not.

    Raises :class:`~analysis.errors.AnalysisError` as :func:`~analysis.environments.candidates.ask`.
    """
    return ask(candidate) if candidate.may_start else read(candidate)
