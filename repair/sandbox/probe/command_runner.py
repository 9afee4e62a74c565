"""Running a shell command: its exit code is all there is to know."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any

from . import describe
from .reporter import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run the plan's ``command`` with ``sh``; its exit code (128 + n for a signal n).

    The whole command is one test. ``hold`` is not used.
    """
    name = plan["command"]
    reporter.note(collected=[name])
    reporter.start(name)
    begun = time.perf_counter()
    folder = _pytest_alone()
    environment = None if folder is None else _behind_the_interpreter(folder)
    try:
        shell = ["/bin/sh", "-c", name]
        code = subprocess.call(shell, stdin=subprocess.DEVNULL, env=environment)
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    if code < 0:
        code = 128 - code
    detail = describe.describe_text("ExitStatus", str(code)) if code else None
    reporter.finish(name, "failed" if code else "passed", time.perf_counter() - begun, detail)
    return code


#: ``pytest`` as its installation would have written it, for a path of any length or spelling.
_SCRIPT = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
'''
import sys

import pytest

sys.exit(pytest.main())
"""


def _pytest_alone() -> str | None:
    """A new folder with the program ``pytest``, where this Python can import it and has no such
    program beside it: it sees another one's packages, by a ``.pth`` file or from the system."""
    beside = os.path.join(os.path.dirname(sys.executable), "pytest")
    if os.path.exists(beside) or importlib.util.find_spec("pytest") is None:
        return None
    folder = tempfile.mkdtemp(prefix="programs-")
    for name in ("pytest", "py.test"):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(_SCRIPT.format(python=sys.executable))
        os.chmod(path, 0o755)
    return folder


def _behind_the_interpreter(folder: str) -> dict[str, str]:
    """The environment with ``folder`` on the path behind the interpreter's own."""
    first, _, rest = os.environ.get("PATH", "").partition(os.pathsep)
    return {**os.environ, "PATH": os.pathsep.join([first, folder, rest])}
