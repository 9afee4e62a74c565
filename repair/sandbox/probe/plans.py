"""How a plan is begun: which runner knows it, and where its command stands."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

_RUNNERS = {
    "pytest": "pytest_runner",
    "unittest": "unittest_runner",
    "doctest": "doctest_runner",
    "script": "script_runner",
    "module": "script_runner",
    "code": "script_runner",
    "command": "command_runner",
}


def runner(plan: dict[str, Any]) -> Any:
    """The module whose ``run`` runs ``plan``, imported when it is first asked for."""
    return importlib.import_module("." + _RUNNERS[plan["runner"]], __package__)


def enter(plan: dict[str, Any]) -> None:
    """Stand where the command stands: folder, environment, first entry of ``sys.path``."""
    os.environ.update(plan.get("env", {}))
    os.chdir(plan["cwd"])
    added = [plan["path0"]] if plan.get("path0") is not None else []
    added += [p for p in plan.get("env", {}).get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:0] = [os.path.abspath(path) for path in added]
