"""An interpreter's facts as it tells them itself. Only for interpreters that may be started."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from analysis.environments.boundaries import may_be_named
from analysis.environments.environment import Environment, InterpreterCandidate
from analysis.environments.pth import added_folders
from analysis.errors import AnalysisError
from analysis.text.files import is_folder

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
