"""What is a member at run time: asked of the packages themselves, in a process of their own.

``python -I run_time.py FOLDER…`` under the interpreter that has the packages; one JSON object a
line in (``kind``, ``path``, ``line``, ``receiver``), one list of names a line out, or ``null``
where the receiver cannot be found at run time. Standard library only: it imports nothing of ours.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
import json
import pkgutil
import re
import sys
import types
from pathlib import Path
from typing import Any

_SET = re.compile(r"\b(?:self|cls)\.(\w+)")
_modules: dict[str, types.ModuleType | None] = {}


def module_at(path: str, folders: list[str]) -> types.ModuleType | None:
    """The module of a source file, imported."""
    if path not in _modules:
        _modules[path] = None
        for folder in folders:
            if not path.startswith(folder + "/"):
                continue
            parts = list(Path(path[len(folder) + 1 :]).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            try:
                _modules[path] = importlib.import_module(".".join(parts))
            except BaseException:  # noqa: BLE001  # a stranger's module may do anything
                continue
            break
    return _modules[path]


def members(asked: dict[str, Any], folders: list[str]) -> list[str] | None:
    """The names that exist at a site, or ``None``."""
    home = module_at(asked["path"], folders)
    if home is None:
        return None
    if asked["kind"] in ("name", "exception", "decorator", "argument"):
        return sorted({*vars(home), *dir(builtins), *_local(asked["path"], asked["line"])})
    receiver = asked["receiver"]
    if receiver.startswith("module "):
        try:
            module = importlib.import_module(receiver.removeprefix("module "))
        except BaseException:  # noqa: BLE001
            return None
        below = [m.name for m in pkgutil.iter_modules(getattr(module, "__path__", []))]
        return [*dir(module), *below, "__path__", "__cached__"]
    of_class = receiver.startswith("type[")
    cls = _class(receiver.removeprefix("type[").rstrip("]") if of_class else receiver, home)
    if cls is None:
        return None
    found = set(dir(cls)) | (set(dir(type(cls))) if of_class else set())
    for base in cls.__mro__:
        found.update(inspect.get_annotations(base))
        try:
            found.update(_SET.findall(inspect.getsource(base)))
        except (OSError, TypeError):
            continue
    return sorted(found)


def _class(label: str, home: types.ModuleType) -> type | None:
    if not label.isidentifier():
        return None
    for place in (home, builtins):
        found = getattr(place, label, None)
        if isinstance(found, type):
            return found
    everywhere = {
        id(found): found
        for module in list(sys.modules.values())
        if isinstance(found := getattr(module, "__dict__", {}).get(label), type)
    }
    return next(iter(everywhere.values())) if len(everywhere) == 1 else None


def _local(path: str, line: int) -> set[str]:
    """The names of every code object that holds ``line`` (from 1)."""
    found: set[str] = set()
    pending = [compile(Path(path).read_bytes(), path, "exec")]
    while pending:
        code = pending.pop()
        lines = [number for _, _, number in code.co_lines() if number]
        if code.co_name != "<module>" and lines and min(lines) <= line <= max(lines):
            found.update(code.co_varnames, code.co_cellvars, code.co_freevars, code.co_names)
        pending += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return found | {"__class__", "__module__", "__qualname__"}


def main() -> None:
    """Answer line by line."""
    folders = sys.argv[1:]
    sys.path[:0] = folders
    for line in sys.stdin:
        print(json.dumps(members(json.loads(line), folders)), flush=True)


if __name__ == "__main__":
    main()
