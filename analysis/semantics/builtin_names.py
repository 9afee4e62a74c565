"""The builtins of the user's version of Python, and what every module object has of its own."""

from __future__ import annotations

import builtins
import sys
from functools import lru_cache
from pathlib import Path

from analysis.environments.environment import Environment
from analysis.semantics import module_finder, module_members

#: Names that every module finds in its own namespace (language reference, *Module attributes*).
OF_MODULES = (
    "__name__",
    "__file__",
    "__doc__",
    "__package__",
    "__spec__",
    "__loader__",
    "__builtins__",
    "__annotations__",
    "__cached__",
)
#: What ``site`` adds, and what only the compiler knows.
_ADDED = ("copyright", "credits", "exit", "help", "license", "quit", "__debug__", "__build_class__")
#: Types that typeshed keeps in its stub for want of a better place.
_ONLY_IN_STUBS = frozenset({"function", "ellipsis", "reveal_type", "reveal_locals"})


def builtin_names(environment: Environment) -> dict[str, str]:
    """Every builtin with its kind: ``class``, ``exception``, ``function`` or ``instance``."""
    return _names(environment.version[:2])


@lru_cache(maxsize=8)
def _names(version: tuple[int, int]) -> dict[str, str]:
    own = {name: _kind(name) for name in dir(builtins) if name != "_"}
    own.update(dict.fromkeys(_ADDED, "instance"))
    stub = Path(module_finder.typeshed(), "builtins.pyi")
    if version == sys.version_info[:2] or not stub.is_file():
        return own
    members = module_members.of_file(str(stub), version)
    declared = members.names if members is not None else own
    known = dict.fromkeys(_ADDED, "instance")
    for name, kind in declared.items():
        private = name.startswith("_") and not name.endswith("__")
        if private or name in _ONLY_IN_STUBS or kind == "module":
            continue
        if name in own:
            kind = own[name]
        elif kind == "class" and name.endswith(("Error", "Exception", "Warning", "Group")):
            kind = "exception"
        known[name] = kind
    return known


def _kind(name: str) -> str:
    value = getattr(builtins, name)
    if isinstance(value, type):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if callable(value) else "instance"
