"""Finding modules for jedi through the overlay, as ``importlib``'s path finder would.

jedi asks ``importlib``, whose finders remember folders by their time of change, see no open buffer
and belong to Pilotfish's own interpreter.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from typing import Any

from jedi.file_io import FileIO
from jedi.inference.compiled.subprocess import functions
from jedi.inference.gradual.typeshed import PathInfo

from analysis.text import overlay

#: Beside a compiled module its source is read, as in :mod:`analysis.semantics.module_finder`.
_SUFFIXES = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES, *BYTECODE_SUFFIXES)
_find_zipped = functions._find_module


def find_module(
    string: str, path: Any = None, full_name: Any = None, is_global_search: bool = True
) -> tuple[Any, bool]:
    """The file of a module and whether it is a package; ``None`` for one without source.

    A folder without ``__init__`` is jedi's description of a namespace package. Raises
    ``ImportError`` where there is none.
    """
    if is_global_search and string in sys.builtin_module_names:
        return None, False
    portions = []
    for folder in sys.path if path is None else path:
        names = overlay.listing(folder).names
        if names.get(string) is True:
            package = os.path.join(folder, string)
            inside = overlay.listing(package).names
            for suffix in _SUFFIXES:
                if inside.get(f"__init__{suffix}") is False:
                    return _file(os.path.join(package, f"__init__{suffix}")), True
        for suffix in _SUFFIXES:
            if names.get(string + suffix) is False:
                return _file(os.path.join(folder, string + suffix)), False
        if names.get(string) is True:
            portions.append(os.path.join(folder, string))
        elif not names and os.path.isfile(folder):
            try:
                zipped: tuple[Any, bool] = _find_zipped(string, [folder])
                return zipped
            except ImportError:
                continue
    if portions:
        return functions.ImplicitNSInfo(full_name if path else string, portions), True
    raise ImportError(f"no module {string}")


def _file(path: str) -> Any:
    return FileIO(path) if path.endswith(tuple(SOURCE_SUFFIXES)) else None


def module_names(_state: Any, paths: Iterable[str]) -> Iterator[str]:
    """The names of the modules in ``paths``."""
    for folder in paths:
        for name, is_folder in overlay.listing(str(folder)).names.items():
            if is_folder:
                if name != "__pycache__" and name.isidentifier():
                    yield name
                continue
            stem, dot, _ = name.partition(".")
            if dot and name.endswith((".pyi", *_SUFFIXES)) and stem != "__init__":
                yield stem


def stub_map(directory: Any) -> dict[str, Any]:
    """The stubs in a folder, by the name of what they describe."""
    found = {}
    folder = str(directory.path)
    for name, is_folder in overlay.listing(folder).names.items():
        place = os.path.join(folder, name)
        if is_folder and overlay.is_file(os.path.join(place, "__init__.pyi")):
            init = os.path.join(place, "__init__.pyi")
            found[name] = PathInfo(init, directory.is_third_party)
        elif not is_folder and name.endswith(".pyi") and name != "__init__.pyi":
            found[name[:-4]] = PathInfo(place, directory.is_third_party)
    return found
