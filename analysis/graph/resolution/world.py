"""The files of a project by dotted name, what can be known of a value, and what is known so far."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from analysis.graph.facts import Block, FactBinding, FactScope, Interface, Keys
from analysis.text.overlay import is_file

# -- where the modules of a folder begin: the dotted names of its files, and files by dotted name


def module_name(path: str, root: str, packages: dict[str, bool]) -> str:
    """The dotted name of the module in ``path`` as a project under ``root`` imports it.

    It begins behind the outermost package's folder. A file in no package is named from ``root``,
    or from ``root/src``. ``packages`` remembers which folders hold an ``__init__``.
    """
    file = Path(path)
    top: Path | None = None
    folder = file.parent
    home = Path(root)
    while True:
        if _is_package(folder, packages):
            top = folder
        elif not folder.is_relative_to(home) or folder == home:
            break
        if folder.parent == folder:
            break
        folder = folder.parent
    if top is not None:
        base = top.parent
    elif file.is_relative_to(home / "src"):
        base = home / "src"
    else:
        base = home if file.is_relative_to(home) else file.parent
    parts = list(file.relative_to(base).parts)
    parts[-1] = parts[-1].rpartition(".")[0]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _is_package(folder: Path, packages: dict[str, bool]) -> bool:
    key = str(folder)
    known = packages.get(key)
    if known is None:
        known = packages[key] = any(is_file(f"{key}/__init__.py{i}") for i in ("", "i"))
    return known


class Layout:
    """The modules of a project by name. ``files`` are (id, path, dotted name)."""

    def __init__(self, files: Iterable[tuple[int, str, str]]) -> None:
        self._by_name: dict[str, int] = {}
        self._by_path: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.paths: dict[int, str] = {}
        self._folders: set[str] = set()
        # A module's source says more than its stub, so it comes last and stays.
        for file, path, name in sorted(files, key=lambda f: (not f[1].endswith(".pyi"), f[0])):
            self._by_name[name] = file
            self._by_path[path] = file
            self.names[file] = name
            self.paths[file] = path
            parts = name.split(".")
            for count in range(1, len(parts)):
                self._folders.add(".".join(parts[:count]))

    def module_named(self, dotted: str, origin: int) -> int | None:
        """The file of module ``dotted``: by its name, else beside the file that imports it."""
        found = self._by_name.get(dotted)
        if found is not None or origin not in self.paths:
            return found
        folder = self.paths[origin].rpartition("/")[0]
        beside = f"{folder}/{dotted.replace('.', '/')}"
        for tail in (".py", "/__init__.py", ".pyi", "/__init__.pyi"):
            file = self._by_path.get(beside + tail)
            if file is not None:
                return file
        return None

    def is_package_folder(self, dotted: str) -> bool:
        """Whether modules lie below ``dotted``."""
        return dotted in self._folders

    def is_package(self, file: int) -> bool:
        """Whether ``file`` is an ``__init__``."""
        return self.paths[file].rpartition("/")[2].startswith("__init__.")


# -- answers that are kept with what they rest on, and an end to what asks for itself


_DEEPEST = 60
#: Evaluations for one site; code that needs more is generated or hostile.
_STEPS = 4000
_NEVER = 1 << 30


class Memo:
    """Answers about one state of the world."""

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[Any, frozenset[str]]] = {}
        self._running: dict[Any, int] = {}
        self._needs: list[set[str]] = [set()]
        self._taint = _NEVER
        self._steps = 0

    def begin(self) -> None:
        """A new site: its budget is whole."""
        self._steps = 0

    def take_needs(self) -> set[str]:
        """What the answers since the last call rest on: ``FILE:NAME`` and ``?MODULE``."""
        needs = self._needs[0]
        self._needs[0] = set()
        return needs

    def need(self, key: str) -> None:
        """The answer at hand rests on ``key``."""
        self._needs[-1].add(key)

    def keep(self, key: Any, compute: Callable[[], Any], otherwise: Any) -> Any:
        """``compute()`` once; ``otherwise`` where it asks for itself."""
        kept = self._kept.get(key)
        if kept is not None:
            self._needs[-1] |= kept[1]
            return kept[0]
        depth = self._running.get(key)
        if depth is not None:
            self._taint = min(self._taint, depth)
            return otherwise
        depth = len(self._needs)
        self._steps += 1
        if depth > _DEEPEST or self._steps > _STEPS:
            self._taint = 0
            return otherwise
        self._running[key] = depth
        self._needs.append(set())
        try:
            answer = compute()
        finally:
            del self._running[key]
            needs = self._needs.pop()
            self._needs[-1] |= needs
        # An answer that rests on an unfinished one further out is not final.
        if self._taint >= depth:
            self._taint = _NEVER
            self._kept[key] = (answer, frozenset(needs))
        elif depth == 1:
            self._taint = _NEVER
        return answer


# -- which bindings of a name may hold at a place: reaching definitions over the suites of a file
#
# Coarse on purpose, since it runs for every name of a project: a binding in a suite that encloses
# the place hides those before it; one in another branch does not; one further down counts where
# both stand in one loop. The flow graph of ``analysis/views`` is the exact answer, for one
# function.


#: Behind everything, in the outermost suite: what a module offers when it has been run.
END = 1 << 60


def reaching(
    bindings: list[FactBinding], blocks: list[Block], at: int, block: int
) -> list[FactBinding]:
    """The bindings that may hold at byte ``at`` of suite ``block``, the nearest first."""
    if len(bindings) == 1:
        return bindings if bindings[0].how != "narrow" else []
    around = set()
    loops = set()
    walk = block
    while walk >= 0:
        around.add(walk)
        if blocks[walk].loop:
            loops.add(walk)
        walk = blocks[walk].parent
    found: list[FactBinding] = []
    for binding in sorted(bindings, key=lambda b: -b.at):
        holds = binding.block in around
        if binding.how == "narrow":
            if holds and binding.at <= at:
                return [*found, binding]
            continue
        if binding.at > at:
            if loops and _shares_loop(binding.block, blocks, loops):
                found.append(binding)
            continue
        if binding.how != "del":
            found.append(binding)
        if holds:
            break
    return found


def _shares_loop(block: int, blocks: list[Block], loops: set[int]) -> bool:
    while block >= 0:
        if block in loops:
            return True
        block = blocks[block].parent
    return False


# -- what the resolver knows of a value or a name, as plain tuples (they are compared and cached)
#
# =============================  ======================================================
# ``("m", file)``                a module of the project
# ``("ns", dotted)``             a folder of modules without ``__init__``
# ``("x", dotted)``              something outside of the project
# ``("c", file, scope)``         a class
# ``("o", file, scope)``         an instance of it
# ``("f", file, scope)``         a function
# ``("b", file, scope, value)``  a method bound to ``value``
# ``("xi", dotted)``             an instance of a class outside of the project
# ``("bi", name)``               an instance of a built-in class
# ``("l", name, values)``        a container of ``values`` (of a dict: its values)
# ``("lm", name, values, m)``    method ``m`` of such a container
# ``("t", (values, …))``         a tuple, by place
# ``("sup", file, scope, v)``    ``super()`` in class ``(file, scope)`` on ``v``
# ``UNKNOWN``                    may be anything
# =============================  ======================================================
#
# A *definition* is what a name stands for: ``("d", file, scope)`` a function or class, ``("v",
# file, scope, name)`` a variable of a module, class or function, or one of ``m``, ``ns`` and ``x``.


Value = tuple[Any, ...]
Values = tuple[Value, ...]
Definition = tuple[Any, ...]

UNKNOWN: Value = ("?",)
NOTHING: Values = ()
ANYTHING: Values = (UNKNOWN,)

BUILTINS = frozenset(dir(builtins))


def union(*groups: Values) -> Values:
    """All of ``groups``, each value once, in order; at most 12 (more tell nothing)."""
    return tuple(dict.fromkeys(value for group in groups for value in group))[:12]


class World(Protocol):
    """The files of a project."""

    def interface(self, file: int) -> Interface:
        """The facts of ``file``."""
        ...

    def keys(self, file: int) -> Keys:
        """Under which keys the scopes of ``file`` are hashed."""
        ...

    def module_named(self, dotted: str, origin: int) -> int | None:
        """The file of module ``dotted`` as ``origin`` would import it."""
        ...

    def is_package_folder(self, dotted: str) -> bool:
        """Whether modules of the project lie below ``dotted``."""
        ...

    def module_name(self, file: int) -> str:
        """The dotted name of ``file``."""
        ...

    def is_package(self, file: int) -> bool:
        """Whether ``file`` is an ``__init__``."""
        ...


class Resolving(Protocol):
    """What attributes, calls and annotations ask of the
    :class:`~analysis.graph.resolution.resolver.Resolver`, which asks them in turn."""

    world: World
    memo: Memo

    def scope(self, file: int, scope: int) -> FactScope:
        """A scope of a file, to make use of its head."""
        ...

    def inside(self, file: int, scope: int) -> FactScope:
        """A scope of a file, to make use of its names and results."""
        ...

    def member(self, file: int, scope: int, name: str) -> FactScope:
        """A class of a file, to make use of its member ``name``."""
        ...

    def definitions(
        self, file: int, scope: int, name: str, bindings: list[FactBinding]
    ) -> tuple[Definition, ...]:
        """What ``bindings`` of a name make it stand for."""
        ...

    def name(
        self, file: int, scope: int, name: str, at: int, block: int
    ) -> tuple[tuple[Definition, ...], list[FactBinding], int]:
        """What ``name`` stands for at a place: definitions, the bindings and their scope."""
        ...

    def evaluate(self, file: int, scope: int, row: int, at: int, block: int) -> Values:
        """What expression ``row`` may be at a place."""
        ...

    def instances(self, values: Values) -> Values:
        """Instances of the classes among ``values``."""
        ...

    def values(self, definition: Definition) -> Values:
        """What a definition is as a value."""
        ...

    def members(self, value: Value, name: str) -> tuple[Definition, ...]:
        """What attribute ``name`` of ``value`` stands for; nothing where that is not known."""
        ...
