"""Collecting the files of chosen tests alone: to import those of all others takes seconds."""

from __future__ import annotations

import os
from typing import Any

import pytest


def narrow(config: Any, tests: Any) -> None:
    """Have pytest pass over the files that hold none of ``tests``, ids of it."""
    root = str(getattr(config, "rootpath", None) or config.rootdir)
    wanted = {os.path.realpath(os.path.join(root, test.partition("::")[0])) for test in tests}
    # Before version 7 the hook is asked otherwise. An id that names no file may be of any.
    if hasattr(pytest, "version_tuple") and all(map(os.path.isfile, wanted)):
        config.pluginmanager.register(_Others(wanted))


class _Others:
    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted

    def pytest_ignore_collect(self, collection_path: Any) -> Any:
        # A package is collected by its __init__.py.
        if collection_path.is_dir() or collection_path.name == "__init__.py":
            return None
        return True if os.path.realpath(str(collection_path)) not in self._wanted else None
