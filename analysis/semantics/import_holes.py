"""What may stand in an import: module names from the file system, members from the syntax.

jedi would need 0.5 to 5 s for such a question (issue B); this index needs milliseconds.
"""

from __future__ import annotations

import importlib
import re
import sys
import sysconfig
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from analysis.environments.distributions import looked_at, standard_library
from analysis.environments.environment import Environment, import_roots, package_root
from analysis.names import Name, NameSet, Tier
from analysis.program.binders import StarImport
from analysis.program.scopes import module_scope
from analysis.semantics import module_finder, module_members
from analysis.semantics.builtin_names import OF_MODULES
from analysis.semantics.module_finder import Form, Module
from analysis.semantics.occurrences import code_only
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.tree import SyntaxTree, parsed

#: Guards under which an import may fail, or is of another version's or a type checker's world.
_EXPECTS_FAILURE = frozenset(
    {"try_import_error", "try_any", "with_error", "version", "type_checking"}
)
_COMPILED_ELSEWHERE = "the package has compiled modules: more on another platform, or once built"
_BEFORE = re.compile(r"(?:\bfrom|\bimport|,)\s*(?P<dotted>[.\w\s]*)$")
_FROM = re.compile(r"\bfrom\s*(?P<dotted>\.[.\w\s]*|[\w.\s]+?)\s*\bimport\b")


@dataclass(frozen=True, slots=True)
class ModuleListing:
    """All names of one module. ``doubt`` is empty when they are complete; ``exported`` are those
    that its ``__all__`` spells out."""

    names: dict[str, Name]
    doubt: str = ""
    exported: frozenset[str] = frozenset()


def names_for(snapshot: Snapshot, hole: Hole, environment: Environment) -> NameSet:
    """The names for an import hole of ``snapshot``."""
    roots = import_roots(snapshot.path, snapshot.workspace, environment)
    guard = _EXPECTS_FAILURE.intersection(hole.guards)
    if hole.kind is HoleKind.IMPORT_MODULE:
        answer = _modules(snapshot, hole, roots, environment)
    else:
        answer = _members(snapshot, hole, roots, environment)
    if answer.tier is Tier.CLOSED and guard:
        answer = replace(answer, tier=Tier.OPEN, reason=f"the import is guarded ({min(guard)})")
    return answer


def module_of(
    written: str, snapshot: Snapshot, roots: tuple[str, ...], environment: Environment
) -> Module | None:
    """The module that ``written`` (``a.b``, ``..c``) names in the file of ``snapshot``."""
    dotted = re.sub(r"\s+", "", written)
    rest = dotted.lstrip(".")
    level = len(dotted) - len(rest)
    parts = tuple(rest.split(".")) if rest else ()
    if level:
        if not snapshot.path:
            return None
        base = _package_of(Path(snapshot.path), level)
        if base is None:
            return None
        roots = (str(package_root(base / "__init__.py")),)
        anchored = base.relative_to(roots[0]).parts
        if not anchored:
            return _folder_as_package(base, parts, roots, environment)
        parts = (*anchored, *parts)
    return module_finder.find(parts, roots, environment)


def listing(module: Module, snapshot: Snapshot, environment: Environment) -> ModuleListing:
    """Everything that can be imported from ``module``: its members, its submodules."""
    roots = import_roots(snapshot.path, snapshot.workspace, environment)
    return _listing(module, snapshot, roots, environment, frozenset())


def _modules(
    snapshot: Snapshot, hole: Hole, roots: tuple[str, ...], environment: Environment
) -> NameSet:
    written = _written_before(snapshot.text, hole.start)
    monitor = hole.kind.value
    if written is None:
        return NameSet.abstain(monitor, "the import statement was not understood")
    if not written:
        names = [
            Name(name, "module", origin="standard library" if form is Form.BUILTIN else "")
            for name, form in module_finder.top_level(roots).items()
        ]
        line = snapshot.text[snapshot.text.rfind("\n", 0, hole.start) + 1 :]
        if line[:1].isspace():
            # A local import or one under a condition is how optional packages are imported.
            return NameSet(monitor, Tier.OPEN, "the import may be optional here", _sorted(names))
        return NameSet(monitor, Tier.CLOSED, "every module on the import path", _sorted(names))
    if not written.strip("."):
        found = module_of(written, snapshot, roots, environment)
    else:
        found = module_of(written.rstrip("."), snapshot, roots, environment)
    if found is None:
        return NameSet.abstain(monitor, f"there is no module '{written.rstrip('.')}'")
    names = [Name(n, "module", origin=found.dotted) for n in module_finder.submodules(found)]
    said = _version_of(found, environment)
    if found.dotted == "os":
        names.append(Name("path", "module", origin="os"))
    if not names:
        return NameSet(monitor, Tier.ABSTAIN, f"'{found.dotted}' has no submodules on disk")
    tier, reason = Tier.CLOSED, "the submodules on disk"
    if found.form is Form.STUB:
        tier, reason = Tier.OPEN, "known from stubs only"
    elif _own_extensions(found, snapshot, hole):
        tier, reason = Tier.OPEN, _COMPILED_ELSEWHERE
    return NameSet(monitor, tier, reason, _sorted(names), f"module {found.dotted}", said)


def _members(
    snapshot: Snapshot, hole: Hole, roots: tuple[str, ...], environment: Environment
) -> NameSet:
    monitor = hole.kind.value
    written = hole.receiver_text or _written_from(snapshot.text, hole.start)
    found = module_of(written, snapshot, roots, environment) if written else None
    if found is None:
        return NameSet.abstain(monitor, f"there is no module '{written}'")
    seen = _listing(found, snapshot, roots, environment, frozenset())
    said = _version_of(found, environment)
    receiver = f"module {found.dotted}"
    if not seen.names:
        return NameSet(monitor, Tier.ABSTAIN, seen.doubt or "nothing is known", (), receiver, said)
    doubt = seen.doubt or (_COMPILED_ELSEWHERE if _own_extensions(found, snapshot, hole) else "")
    tier = Tier.OPEN if doubt else Tier.CLOSED
    reason = doubt or "all names the module binds"
    return NameSet(monitor, tier, reason, _sorted(seen.names.values()), receiver, said)


def _own_extensions(module: Module, snapshot: Snapshot, hole: Hole) -> bool:
    """Whether the file lies in the package that it imports from, and that one is compiled in part:
    what it names may be a module of another platform, or one that is not built yet. Such modules
    have private names."""
    if hole.prefix and not hole.prefix.startswith("_"):
        return False
    inside = any(Path(snapshot.path).is_relative_to(folder) for folder in module.folders)
    return bool(snapshot.path) and inside and module_finder.builds_extensions(module)


def _listing(
    module: Module,
    snapshot: Snapshot,
    roots: tuple[str, ...],
    environment: Environment,
    inside: frozenset[tuple[str, ...]],
) -> ModuleListing:
    names: dict[str, Name] = {}
    doubts: list[str] = []
    exported: set[str] = set()
    for file in (module.path, *module.stubs):
        if not file or not file.endswith((".py", ".pyi")):
            continue
        stub_for = environment.version[:2] if file.endswith(".pyi") else None
        members = module_members.of_file(file, stub_for)
        if members is None:
            doubts.append("the module's file cannot be read")
            continue
        for name, kind in members.names.items():
            names.setdefault(name, Name(name, kind, origin=module.dotted))
        exported |= members.exported
        for name in members.exported:
            names.setdefault(name, Name(name, "statement", origin=module.dotted))
        # typeshed's stubs are complete by test, whatever the module does to itself.
        if members.doubt and not (module.standard and module.stubs):
            doubts.append(members.doubt)
        for star in members.stars:
            doubts += _star(
                star, file, module, names, snapshot, roots, environment, inside | {module.name}
            )
    if module.form in (Form.COMPILED, Form.BUILTIN):
        live = _live_names(module.dotted) if module.standard else None
        if live is not None and _same_minor(environment):
            for name in live:
                names.setdefault(name, Name(name, "statement", origin=module.dotted))
        elif not module.stubs:
            doubts.append("the module is compiled and has no stub")
    elif module.form is Form.STUB:
        doubts.append("the module is known from its stub only")
    for name in module_finder.submodules(module):
        names.setdefault(name, Name(name, "module", origin=module.dotted))
    if names or module.form is Form.NAMESPACE:
        for name in (*OF_MODULES, "__dict__", *(("__path__",) if module.folders else ())):
            names.setdefault(name, Name(name, "statement", origin="module"))
    return ModuleListing(names, doubts[0] if doubts else "", frozenset(exported))


def _star(
    star: StarImport,
    file: str,
    module: Module,
    names: dict[str, Name],
    snapshot: Snapshot,
    roots: tuple[str, ...],
    environment: Environment,
    inside: frozenset[tuple[str, ...]],
) -> list[str]:
    if star.level:
        # In the body of a package the first dot is the package itself.
        drop = star.level - (Path(file).stem == "__init__")
        base = module.name[: len(module.name) - drop] if drop else module.name
        target = module_finder.find((*base, *star.module), roots, environment)
    else:
        target = module_finder.find(star.module, roots, environment)
    if target is None:
        return [f"it imports * from '{'.'.join(star.module)}', which was not found"]
    if target.name in inside:
        return []
    inner = _listing(target, snapshot, roots, environment, inside)
    for name, value in inner.names.items():
        names.setdefault(name, value)
    return [inner.doubt] if inner.doubt else []


def _written_before(text: str, start: int) -> str | None:
    """What stands between the keyword and the hole: ``"a.b."`` in ``import a.b.|``."""
    begin = text.rfind("\n", 0, start) + 1
    match = _BEFORE.search(text[begin:start])
    return re.sub(r"\s+", "", match["dotted"]) if match else None


def _written_from(text: str, start: int) -> str:
    """The module path of the ``from`` statement that the hole stands in."""
    matches = list(_FROM.finditer(text, max(0, start - 4000), start))
    return re.sub(r"\s+", "", matches[-1]["dotted"]) if matches else ""


def _package_of(path: Path, level: int) -> Path | None:
    folder = path.parent
    for _ in range(level - 1):
        if folder.parent == folder:
            return None
        folder = folder.parent
    return folder


def _folder_as_package(
    folder: Path, parts: tuple[str, ...], roots: tuple[str, ...], environment: Environment
) -> Module | None:
    """A relative import in a folder without ``__init__``: the folder acts as a package."""
    if parts:
        return module_finder.find(parts, roots, environment)
    return Module((folder.name,), Form.NAMESPACE, folders=(str(folder),))


def _version_of(module: Module, environment: Environment) -> str:
    if module.standard:
        return standard_library(environment)
    for place in (module.path, *module.stubs, *module.folders):
        if place:
            return looked_at(place, environment)
    return ""


def _same_minor(environment: Environment) -> bool:
    return environment.version[:2] == sys.version_info[:2]


@lru_cache(maxsize=256)
def _live_names(dotted: str) -> tuple[str, ...] | None:
    """The names of a compiled module of Pilotfish's own standard library.

    Only modules written in C are imported, and only from where this interpreter was installed:
    nothing of a workspace can take their place, since ``sys.path`` holds nothing of it (``-I``).
    """
    if dotted.partition(".")[0] not in sys.stdlib_module_names:
        return None
    if dotted not in sys.builtin_module_names:
        dynload = Path(sysconfig.get_paths()["stdlib"]) / "lib-dynload"
        if not any(dynload.glob(f"{dotted}.*")):
            return None
    try:
        return tuple(dir(importlib.import_module(dotted)))
    except ImportError:
        return None


def _sorted(names: Iterable[Name]) -> tuple[Name, ...]:
    """Public names first, private ones after, dunders last, each in the order of the alphabet."""
    return tuple(
        sorted(
            names, key=lambda n: (n.name.startswith("_"), n.name.startswith("__"), n.name.lower())
        )
    )


_IMPORT = re.compile(
    r"^[ \t]*(?:from\b[^\n#]*?\bimport\b(?:[ \t]*\([^()]*\)|[^\n]*)|import\b[^\n]*)", re.MULTILINE
)
_BARE = re.compile(r"(?<![\w.])[^\W\d]\w*(?![ \t]*=[^=])")
#: A file longer than this is data, or too long to be read through at every import.
_LONGEST = 200_000


def wanted(text: str, start: int, names: Iterable[str]) -> tuple[str, ...]:
    """Those of ``names`` that the file reads and that nothing binds, where the line from ``start``
    on (code points) is taken away; in the order of ``isort``: constants, classes, the rest."""
    if len(text) > _LONGEST:
        return ()
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    rest = text[:begin] + text[stop if stop >= 0 else len(text) :]
    given = set(_BARE.findall(text[begin:start]))
    read = set(_BARE.findall(_IMPORT.sub("", code_only(rest)))) - given
    found = {name for name in read.intersection(names) if not name.startswith("__")}
    if not found:
        return ()
    return tuple(sorted(found - _bound(parsed(rest)), key=_as_isort))


def _as_isort(name: str) -> tuple[int, str]:
    constant = name.isupper() and len(name) > 1
    return 0 if constant else 1 if name[:1].isupper() else 2, name


def _bound(tree: SyntaxTree) -> Set[str]:
    """The names that any scope of the file binds."""
    return {name for scope in module_scope(tree).walk() for name in scope.bindings}
