"""Where a name can be imported from: what the files of the workspace and what is installed say.

A module is a home of a name where it binds it at its top level, or where another file imports the
name from it. Files are read as text; nothing is imported.
"""

from __future__ import annotations

import ast
import keyword
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.deadline import Deadline
from analysis.environments.candidates import resolve
from analysis.environments.environment import Environment, import_roots, module_name
from analysis.errors import AnalysisError
from analysis.semantics.module_finder import find, typeshed
from analysis.snapshot import Workspace
from analysis.text.files import read_bytes

#: How much it says that a file of the workspace imports the name so, that an installed one does,
#: that a module defines it, and that a package passes it on; by judgement.
_IMPORTED_HERE, _IMPORTED, _DEFINED, _PASSED_ON = 2.0, 0.5, 1.0, 0.6
#: What is left of a place that has a thing from another one.
_AS_WELL = 0.01
#: As many files that say the same count.
_VOTES = 4
#: What of it is left where the module is private, or a test.
_PRIVATE, _TEST = 0.4, 0.2
#: Files that are looked through at most, and those that hold the name and are parsed.
_FILES, _PARSED = 20_000, 60
_SKIPPED = frozenset(
    {"node_modules", "__pycache__", "site-packages", "dist-packages", "build", "_vendor", "vendor"}
)
#: A longer file is data; to parse it takes a gigabyte.
_MOST_BYTES = 1 << 20
#: Lines that may bind a name. Each alternative begins with its line: the time is linear.
_BINDS = (
    rb"^[ \t]*(?:class|def|async def)[ \t]+%(name)s\b|^[ \t]*%(name)s\s*[:=,)]"
    rb"|^(?=[^\n]*\bimport\b)[^\n]*\b%(name)s\b|^[ \t]+(?:\w+ as )?%(name)s[ \t]*(?:,|$)"
)


@dataclass(frozen=True, slots=True)
class Home:
    """``from module import member``, or ``import module`` where ``member`` is empty. ``worth`` says
    how much speaks for it."""

    module: str
    member: str
    worth: float = 0.0


def homes(
    name: str, path: str, workspace: Workspace, deadline: Deadline, near: Sequence[str] = ()
) -> tuple[Home, ...]:
    """Where the file ``path`` can get ``name`` from, the likeliest first; none where nothing is
    known of the environment.

    ``near`` are modules whose package is looked through before others: those that it was sought in.
    """
    try:
        environment = resolve(workspace)
    except AnalysisError:
        return ()
    search = _HomeSearch(name, path, workspace, environment, near)
    search.look(deadline)
    return search.found()


class _HomeSearch:
    def __init__(
        self,
        name: str,
        path: str,
        workspace: Workspace,
        environment: Environment,
        near: Sequence[str],
    ) -> None:
        self._name, self._path = name, path
        self._root, self._environment = workspace.root, environment
        self._roots = import_roots(path, workspace, environment)
        self._word = re.compile(_BINDS % {b"name": re.escape(name.encode())}, re.MULTILINE)
        self._near = {module.partition(".")[0] for module in near if module}
        self._own = module_name(Path(path), self._roots)
        self._worth: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._said: Counter[tuple[str, str, float]] = Counter()
        #: What a package passes on, and where it has it from.
        self._same: dict[tuple[str, str], tuple[str, str]] = {}
        self._parsed = 0

    def found(self) -> tuple[Home, ...]:
        mine = ".".join(self._own)
        worth = {
            home: worth
            for home, worth in self._worth.items()
            if home[0] != mine and self._exists(home[0])
        }
        for one, other in self._same.items():
            if one in worth and other in worth:
                # The same thing twice: the better place stands for both.
                public = self._is_private(other[0]) and not self._is_private(one[0])
                better = public or worth[one] > worth[other]
                best, rest = (one, other) if better else (other, one)
                worth[best], worth[rest] = worth[best] + worth[rest], _AS_WELL
        known = [Home(*home, worth) for home, worth in worth.items()]
        return tuple(sorted(known, key=lambda home: (-home.worth, len(home.module), home.module)))

    def _exists(self, module: str) -> bool:
        return find(tuple(module.split(".")), self._roots, self._environment) is not None

    def look(self, deadline: Deadline) -> None:
        self._as_module()
        seen: set[str] = {self._path}
        for files in self._tiers():
            for file, root, vote in files:
                if len(seen) > _FILES or self._parsed >= _PARSED or deadline.expired():
                    return
                if file in seen:
                    continue
                seen.add(file)
                try:
                    data = read_bytes(file, _MOST_BYTES)
                except OSError:
                    continue
                if self._name.encode() in data and self._word.search(data):
                    self._parsed += 1
                    self._read(file, root, data, vote)
            if max(self._worth.values(), default=0.0) >= _DEFINED:
                return

    def _as_module(self) -> None:
        """A module of this name that can be imported as it is."""
        module = find((self._name,), self._roots, self._environment)
        if module is not None:
            self._worth[self._name, ""] += _IMPORTED_HERE

    def _tiers(self) -> Iterator[Iterator[tuple[str, str, float]]]:
        """Files, the root of their module's name, and what an import there says: of the workspace,
        of packages that are near, of the standard library, and of all that is installed."""
        yield ((file, "", _IMPORTED_HERE) for file in _below(self._root))
        packages = [Path(p, top) for p in self._environment.site_packages for top in self._near]
        yield (
            (file, str(package.parent), _IMPORTED)
            for package in packages
            for file in _below(str(package))
        )
        if stubs := typeshed():
            yield ((file, stubs, _IMPORTED) for file in _below(stubs, ".pyi"))
        for folder in self._environment.site_packages:
            yield ((file, folder, _IMPORTED) for file in _below(folder))

    def _read(self, file: str, root: str, data: bytes, vote: float) -> None:
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        path = Path(file)
        parts = path.relative_to(root).with_suffix("").parts if root else ()
        if not root:
            parts = module_name(path, self._roots)
        elif parts and parts[-1] == "__init__":
            parts = parts[:-1]
        package = parts if path.stem == "__init__" else parts[:-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._from(node, package, vote)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if (alias.asname or alias.name) == self._name:
                        self._say(alias.name, "", vote)
        if parts and self._binds(tree.body):
            share = _TEST if _is_test(parts) else 1.0
            self._say(".".join(parts), self._name, _DEFINED * share)
        elif parts and path.stem == "__init__" and (home := _passed_on(tree.body, self._name)):
            inside = self._own[:1] == parts[:1]
            self._say(".".join(parts), self._name, _PASSED_ON * (0.5 if inside else 2.0))
            self._same[".".join(parts), self._name] = absolute(home[0], package), home[1]

    def _from(self, node: ast.ImportFrom, package: Sequence[str], vote: float) -> None:
        module = absolute(node, package)
        for alias in node.names if module else ():
            if (alias.asname or alias.name) == self._name:
                self._say(module, alias.name, vote)

    def _say(self, module: str, member: str, worth: float) -> None:
        if (
            module == "__future__"
            or not _can_be_named(module)
            or self._said[module, member, worth] >= _VOTES
        ):
            return
        self._said[module, member, worth] += 1
        if self._is_private(module):
            worth *= _PRIVATE
        self._worth[module, member] += worth

    def _is_private(self, module: str) -> bool:
        """Whether ``module`` is another package's own affair."""
        parts = tuple(module.split("."))
        return any(p.startswith("_") for p in parts) and parts[:1] != self._own[:1]

    def _binds(self, body: Iterable[ast.stmt]) -> bool:
        return any(self._name in bound(node) for node in top_level(body))


def absolute(node: ast.ImportFrom, package: Sequence[str]) -> str:
    """The dotted name of the module that ``node`` imports from in a module of ``package``; ``""``
    where that leads out of every package."""
    if not node.level:
        return node.module or ""
    if node.level > len(package):
        return ""
    base = package[: len(package) - node.level + 1]
    return ".".join((*base, *(node.module.split(".") if node.module else ())))


def spelled(module: str, package: Sequence[str], *, relative: bool) -> str:
    """``module`` as an import in a module of ``package`` names it."""
    parts = module.split(".")
    if not relative or not package or parts[0] != package[0]:
        return module
    pairs = enumerate(zip(parts, package, strict=False))
    shorter = min(len(parts), len(package))
    common = next((number for number, (a, b) in pairs if a != b), shorter)
    return "." * (len(package) - common + 1) + ".".join(parts[common:])


def importing(home: Home, bound: str, package: Sequence[str], *, relative: bool) -> str:
    """The statement by which a module of ``package`` gets ``bound`` from its home."""
    if home.member:
        module = spelled(home.module, package, relative=relative)
        return f"from {module} import {renamed(home.member, bound)}"
    above, _, last = home.module.rpartition(".")
    if above and last == bound:
        return f"from {spelled(above, package, relative=relative)} import {last}"
    return f"import {renamed(home.module, bound)}"


def renamed(member: str, bound: str) -> str:
    """``member`` as it is imported under the name ``bound``."""
    return member if member == bound else f"{member} as {bound}"


def top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module that run when it is imported, in branches too."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                yield from top_level(getattr(node, part, ()))
        for handler in node.handlers if isinstance(node, ast.Try) else ():
            yield from top_level(handler.body)


def bound(node: ast.stmt) -> set[str]:
    """The names that a definition or an assignment binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _can_be_named(module: str) -> bool:
    """Whether an import can name ``module``: a folder can be called anything."""
    parts = module.split(".")
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _passed_on(body: Iterable[ast.stmt], name: str) -> tuple[ast.ImportFrom, str] | None:
    for node in top_level(body):
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            if isinstance(node, ast.ImportFrom) and (alias.asname or alias.name) == name:
                return node, alias.name
    return None


def _is_test(parts: Sequence[str]) -> bool:
    return any(p in ("test", "tests", "conftest") or p.startswith("test_") for p in parts)


def _below(root: str, end: str = ".py") -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED
            and not os.path.isfile(f"{folder}/{name}/pyvenv.cfg")  # noqa: PTH113 - millions of files
        )
        for file in sorted(files):
            if file.endswith(end):
                yield f"{folder}/{file}"
