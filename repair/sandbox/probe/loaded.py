"""Which modules a process has loaded, and which it must not load early."""

from __future__ import annotations

import os
import sys
from typing import Any


def rewritten_by_pytest() -> set[str]:
    """Top-level names of pytest's plugins: it warns when these were imported before it."""
    try:
        from importlib import metadata

        names = set()
        for distribution in metadata.distributions():
            if any(point.group == "pytest11" for point in distribution.entry_points):
                for path in distribution.files or ():
                    names.add(str(path).partition("/")[0].partition(".")[0])
        return names - {"pytest", "_pytest"}
    except Exception:
        return {"hypothesis", "anyio"}


def modules() -> list[Any]:
    """``[name, file]`` of every loaded module that has a file."""
    found = []
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            found.append([name, os.path.realpath(path)])
    return found
