"""Finding modules on disk by their dotted name, as the import system would, running nothing.

Knows folders, source files, stubs, compiled extensions, namespace packages and the names that the
interpreter brings along. Zip files on ``sys.path`` and import hooks are not looked into.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from analysis.environments.environment import Environment
from analysis.text import overlay

_COMPILED = re.compile(r"^(?P<name>[^.]+)(?:\.[\w-]+)*\.(?:so|pyd|dll)$")

#: What a compiled module is, or is made from.
_BUILT = re.compile(r"\.(?:so|pyd|dll|pyx|pxd|c|cc|cpp)$")


class Form(StrEnum):
    """What a module is on disk."""

    SOURCE = "source"
    PACKAGE = "package"
    NAMESPACE = "namespace"
    COMPILED = "compiled"
    BUILTIN = "builtin"
    STUB = "stub"


@dataclass(frozen=True, slots=True)
class Module:
    """A module that was found.

    ``path`` is its source or extension file, ``""`` where it has none. ``stubs`` are ``.pyi``
    files that describe it too. ``folders`` hold its submodules: empty for what is no package.
    ``standard`` tells that it belongs to the standard library.
    """

    name: tuple[str, ...]
    form: Form
    path: str = ""
    stubs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    standard: bool = False

    @property
    def dotted(self) -> str:
        """As it is written in an import."""
        return ".".join(self.name)


@cache
def typeshed() -> str:
    """The folder of standard library stubs that jedi ships, found without importing jedi."""
    spec = importlib.util.find_spec("jedi")
    if spec is None or not spec.submodule_search_locations:
        return ""
    place = Path(spec.submodule_search_locations[0]) / "third_party" / "typeshed" / "stdlib"
    return str(place) if place.is_dir() else ""


def find(name: tuple[str, ...], roots: tuple[str, ...], environment: Environment) -> Module | None:
    """The module ``name`` as seen from ``roots``, or ``None``. Raises nothing."""
    if not name or not all(name):
        return None
    module = _top(name[0], roots, environment)
    for depth in range(1, len(name)):
        if module is None:
            return None
        module = _below(module, name[depth])
    return module


def submodules(module: Module) -> dict[str, Form]:
    """The direct submodules of a package, by name."""
    found: dict[str, Form] = {}
    for folder in module.folders:
        for name, form in _listed(folder).items():
            found.setdefault(name, form)
    found.pop("__init__", None)
    return found


def builds_extensions(module: Module) -> bool:
    """Whether a folder of the package holds compiled modules, or sources that are compiled.

    Then others may be there on another platform, or once they are built.
    """
    names = (name for folder in module.folders for name in overlay.listing(folder).names)
    return any(_BUILT.search(name) for name in names)


def top_level(roots: tuple[str, ...]) -> dict[str, Form]:
    """Everything that ``import`` can name first."""
    found: dict[str, Form] = dict.fromkeys(standard_names(), Form.BUILTIN)
    for root in roots:
        for name, form in _listed(root).items():
            found.setdefault(name, form)
    # Stub-only modules (``_typeshed``) are imported under ``if TYPE_CHECKING``.
    for name in _listed(typeshed()) if typeshed() else {}:
        found.setdefault(name, Form.STUB)
    found.pop("__init__", None)
    return found


def standard_names() -> frozenset[str]:
    """Top-level names of the standard library, as Pilotfish's own interpreter knows them."""
    return frozenset(sys.stdlib_module_names) | {"__main__"}


def _top(name: str, roots: tuple[str, ...], environment: Environment) -> Module | None:
    namespace: list[str] = []
    stubs = tuple(stub for root in roots for stub in _stub_files(f"{root}/{name}-stubs", ""))
    for root in roots:
        found = _in_folder((name,), root)
        if found is None:
            continue
        if found.form is Form.NAMESPACE:
            namespace += found.folders
            continue
        standard = Path(root) in (
            Path(environment.stdlib),
            Path(environment.stdlib, "lib-dynload"),
        )
        if standard:
            stubs += _typeshed_stubs(name)
        return Module((name,), found.form, found.path, found.stubs + stubs, found.folders, standard)
    if name in standard_names() and typeshed():
        shed = _in_folder((name,), typeshed())
        return Module(
            (name,),
            Form.BUILTIN,
            stubs=_typeshed_stubs(name),
            folders=shed.folders if shed else (),
            standard=True,
        )
    if namespace:
        return Module((name,), Form.NAMESPACE, stubs=stubs, folders=tuple(dict.fromkeys(namespace)))
    if stubs:
        return Module((name,), Form.STUB, stubs=stubs, folders=(str(Path(stubs[0]).parent),))
    if typeshed() and _form(typeshed(), name) is not None:
        shed = _in_folder((name,), typeshed())
        return Module((name,), Form.STUB, stubs=shed.stubs, folders=shed.folders) if shed else None
    return None


def _below(parent: Module, name: str) -> Module | None:
    full = (*parent.name, name)
    if parent.name == ("os",) and name == "path" and parent.standard:
        return _os_path(parent)
    namespace: list[str] = []
    stubs: list[str] = []
    found: Module | None = None
    for folder in parent.folders:
        here = _in_folder(full, folder)
        if here is None:
            continue
        if here.form is Form.NAMESPACE:
            namespace += here.folders
        elif here.form is Form.STUB:
            stubs += here.stubs
            found = found or here
        elif found is None or found.form is Form.STUB:
            found = here
    for stub in parent.stubs:
        stubs += _stub_files(str(Path(stub).parent), name)
    if found is None:
        if stubs:
            return Module(full, Form.STUB, stubs=tuple(dict.fromkeys(stubs)))
        return Module(full, Form.NAMESPACE, folders=tuple(namespace)) if namespace else None
    return Module(
        full,
        found.form,
        found.path,
        tuple(dict.fromkeys((*found.stubs, *stubs))),
        tuple(dict.fromkeys((*found.folders, *namespace))),
        parent.standard,
    )


def _os_path(parent: Module) -> Module | None:
    """``os.path`` is a module that only ``os`` itself knows of."""
    real = _in_folder(("posixpath",), str(Path(parent.path).parent)) if parent.path else None
    return Module(
        (*parent.name, "path"),
        Form.SOURCE,
        real.path if real else "",
        _typeshed_stubs("posixpath"),
        standard=True,
    )


def _in_folder(full: tuple[str, ...], folder: str) -> Module | None:
    """What ``folder`` holds under the last part of ``full``."""
    name = full[-1]
    form = _form(folder, name)
    if form is None:
        return None
    base = str(Path(folder) / name)
    if form is Form.PACKAGE:
        stubs = tuple(_stub_files(base, ""))
        return Module(full, form, str(Path(base) / "__init__.py"), stubs, (base,))
    if form is Form.NAMESPACE:
        return Module(full, form, folders=(base,))
    if form is Form.SOURCE:
        return Module(full, form, base + ".py", tuple(_stub_files(folder, name)))
    if form is Form.STUB:
        inside = tuple(_stub_files(base, ""))
        if inside:
            return Module(full, form, stubs=inside, folders=(base,))
        return Module(full, form, stubs=tuple(_stub_files(folder, name)))
    extension = _compiled_file(folder, name)
    return Module(full, form, extension, tuple(_stub_files(folder, name)))


def _stub_files(folder: str, name: str) -> Iterator[str]:
    """The stub of module ``name`` of ``folder``; of the folder's own package for ``""``."""
    place = Path(folder)
    candidates = [place / name / "__init__.pyi"]
    if name:
        candidates.append(place / f"{name}.pyi")
    for candidate in candidates:
        if overlay.is_file(str(candidate)):
            yield str(candidate)


def _typeshed_stubs(name: str) -> tuple[str, ...]:
    return tuple(_stub_files(typeshed(), name)) if typeshed() else ()


def _compiled_file(folder: str, name: str) -> str:
    for entry in sorted(overlay.listing(folder).names):
        match = _COMPILED.match(entry)
        if match and match["name"] == name:
            return str(Path(folder, entry))
    return ""


#: What a name means that several files share: the first of these. Python loads the compiled one of
#: two modules; the other is the source that it was compiled from (mypyc, Cython).
_RANK = [Form.PACKAGE, Form.SOURCE, Form.COMPILED, Form.STUB, Form.NAMESPACE]


def _form(folder: str, name: str) -> Form | None:
    """What ``folder`` holds under ``name``."""
    names = overlay.listing(folder).names
    entries = [entry for entry in names if entry == name or entry.startswith(f"{name}.")]
    said = (_entry(folder, entry, names[entry]) for entry in entries)
    forms = [form for stem, form in said if stem == name and form is not None]
    return min(forms, key=_RANK.index, default=None)


def _listed(folder: str) -> dict[str, Form]:
    """Importable names directly in ``folder``."""
    found: dict[str, Form] = {}
    for entry, is_folder in overlay.listing(folder).names.items():
        name, form = _entry(folder, entry, is_folder)
        if not name.isidentifier() or form is None:
            continue
        if name not in found or _RANK.index(form) < _RANK.index(found[name]):
            found[name] = form
    return found


def _entry(folder: str, name: str, is_folder: bool) -> tuple[str, Form | None]:
    if is_folder:
        inside = overlay.listing(f"{folder}{os.sep}{name}").names
        if inside.get("__init__.py") is False:
            return name, Form.PACKAGE
        if inside.get("__init__.pyi") is False:
            return name, Form.STUB
        return name, None if name == "__pycache__" else Form.NAMESPACE
    if name.endswith(".py"):
        return name[:-3], Form.SOURCE
    if name.endswith(".pyi"):
        return name[:-4], Form.STUB
    match = _COMPILED.match(name)
    return (match["name"], Form.COMPILED) if match else (name, None)
