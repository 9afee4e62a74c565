"""Which name an exception says is not there, and what is there in its place.

The interpreter knows: what the frame, the object, the module or the signature have. Older versions
of Python tell less of it (before 3.10 neither the name nor the object).
"""

from __future__ import annotations

import builtins
import inspect
import pkgutil
import re
import sys
from typing import Any

#: Names that are told at most.
_MOST = 600
_IMPORTED = re.compile(r"cannot import name '(\w+)'")
_KEYWORD = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")


def absent(error: Any, frame: Any) -> dict[str, Any]:
    """``{"absent": name, "present": [name…]}`` of an exception raised in ``frame``; empty where it
    is about no name, or nothing is known. May run code of the object that was asked."""
    try:
        name, names = _looked_for(error, frame)
        present = sorted({n for n in names if isinstance(n, str) and n.isidentifier()})
    except Exception:
        return {}
    return {"absent": name, "present": present[:_MOST]} if name and present else {}


def _looked_for(error: Any, frame: Any) -> tuple[str, Any]:
    if isinstance(error, NameError):
        return getattr(error, "name", None) or "", [
            *frame.f_locals,
            *frame.f_globals,
            *dir(builtins),
        ]
    if isinstance(error, AttributeError):
        return getattr(error, "name", None) or "", dir(error.obj)
    if isinstance(error, ModuleNotFoundError):
        package, _dot, name = (error.name or "").rpartition(".")
        where = sys.modules[package].__path__ if package else None
        known = [module.name for module in pkgutil.iter_modules(where)]
        return name, known if package else [*known, *getattr(sys, "stdlib_module_names", ())]
    if isinstance(error, ImportError):
        found = _IMPORTED.match(str(error))
        return (found.group(1), dir(sys.modules[error.name or ""])) if found else ("", ())
    if isinstance(error, TypeError):
        found = _KEYWORD.match(str(error))
        if found:
            return found.group(2), inspect.signature(_called(found.group(1), frame)).parameters
    return "", ()


def _called(path: str, frame: Any) -> Any:
    """What a message calls ``path``; a class where it is its ``__init__`` that was called."""
    parts = path.split(".")
    if parts[-1] in ("__init__", "__new__") and len(parts) > 1:
        parts.pop()
    spaces = {**vars(builtins), **frame.f_globals, **frame.f_locals}
    if parts[0] not in spaces and len(parts) == 1:
        owner = spaces.get("self")
        return getattr(owner, parts[0])
    found = spaces[parts[0]]
    for part in parts[1:]:
        found = getattr(found, part)
    return found
