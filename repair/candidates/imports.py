"""Imports that failed: the name is taken from where it is, in the workspace or what is installed.

The failing test's error names what is missing and the line that asks for it.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.environments.candidates import resolve
from analysis.environments.environment import import_roots, module_name
from analysis.errors import AnalysisError
from analysis.semantics.homes import Home, absolute, importing, renamed, spelled
from analysis.snapshot import Workspace
from repair.candidates.candidate import Candidate
from repair.sandbox.run import FailedTest
from repair.source.file import OffsetEdit, Source

STRATEGY = "import"
#: Exceptions that may be about an import.
ABOUT = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "NameError"})
#: How likely the first home of a name is meant; and how much must speak for another one, compared
#: with the first, for it to be tried although that one passes: else it is mostly the same thing.
_FIRST, _RIVAL = 0.97, 0.75
#: Homes of a name that are tried, and of a second name in the same statement.
_TRIED, _BESIDE = 8, 2

_FROM = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_MEMBER = re.compile(r"(?:partially initialized )?module '([\w.]+)' has no attribute '(\w+)'")
_NAME = re.compile(r"name '(\w+)' is not defined")

#: Where a name can be imported from; the modules are those in which it was sought.
Homes = Callable[[str, tuple[str, ...]], Sequence[Home]]


@dataclass(frozen=True)
class Imports:
    """Candidates for the imports of one file. ``package`` is the dotted name of its package as
    parts; ``homes`` tells where names are."""

    package: tuple[str, ...]
    homes: Homes
    _next: dict[Candidate, Candidate] = field(default_factory=dict, init=False)

    def candidates(self, source: Source, failures: Iterable[FailedTest]) -> Iterator[Candidate]:
        """Imports that give each failure what it lacks, the likeliest first."""
        seen = set()
        for failure in failures:
            key = failure.exception, failure.message, failure.lines[-1:]
            if failure.exception in ABOUT and source.tree is not None and key not in seen:
                seen.add(key)
                last = None
                for edits, share in self._edits(source, source.tree, failure):
                    line = source.line_of(edits[0].start)
                    candidate = Candidate(edits, STRATEGY, _FIRST * min(1.0, share), line)
                    if last is None or share >= _RIVAL:
                        yield candidate
                    else:
                        self._next[last] = candidate
                    last = candidate

    def further(
        self, source: Source, tried: Candidate, failures: Iterable[FailedTest]
    ) -> Iterator[Candidate]:
        """``tried``, an import that does not pass, with the next one that then failed; and from
        another place."""
        if tried.strategy != STRATEGY:
            return
        if tried in self._next:
            yield self._next[tried]
        there = replace(source, text=source.apply(tried.edits))

        def both(each: Candidate) -> Candidate:
            edit = _whole(source.text, there.apply(each.edits))
            found = replace(each, edits=(edit,), value=each.value * tried.value, line=tried.line)
            if each in self._next:
                self._next[found] = both(self._next[each])
            return found

        yield from map(both, self.candidates(there, failures))

    def _edits(
        self, source: Source, tree: ast.Module, failure: FailedTest
    ) -> Iterator[tuple[tuple[OffsetEdit, ...], float]]:
        line = failure.lines[-1] if failure.lines else 0
        if found := _FROM.search(failure.message):
            name, module = found.groups()
            if statement := self._statement(tree, module, (name,), line):
                yield from self._moved(source, tree, statement, (name,), module)
            elif module == self._name(source):
                yield from self._added(source, tree, name, module)
        elif found := _MODULE.search(failure.message):
            module = found.group(1)
            if statement := self._statement(tree, module, (), line):
                names = tuple(alias.name for alias in statement.names)
                yield from self._moved(source, tree, statement, names, module)
            elif plain := _plain(tree, module, line):
                yield from self._replaced(source, plain, module)
        elif found := _MEMBER.search(failure.message):
            module, name = found.groups()
            if module == self._name(source):
                yield from self._added(source, tree, name, module)
            else:
                yield from self._members(source, tree, module, name)
        elif found := _NAME.search(failure.message):
            yield from self._added(source, tree, found.group(1), "")

    def _name(self, source: Source) -> str:
        stem = source.path.rpartition("/")[2].removesuffix(".py")
        return ".".join(self.package if stem == "__init__" else (*self.package, stem))

    def _statement(
        self, tree: ast.Module, module: str, names: Sequence[str], line: int
    ) -> ast.ImportFrom | None:
        """The import that failed: the one around ``line``, else the first that is like it."""
        like = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and {alias.name for alias in node.names}.issuperset(names)
            and f"{absolute(node, self.package)}.".startswith(f"{module}.")
        ]
        around = [n for n in like if n.lineno <= line <= (n.end_lineno or n.lineno)]
        return next(iter(around or like), None)

    def _moved(
        self,
        source: Source,
        tree: ast.Module,
        statement: ast.ImportFrom,
        names: Sequence[str],
        module: str,
    ) -> Iterator[tuple[tuple[OffsetEdit, ...], float]]:
        """``names`` taken out of ``statement`` and imported from where they are."""
        where = absolute(statement, self.package)
        choices = []
        for name in names:
            known = [
                h for h in self.homes(name, (module,)) if (h.module, h.member) != (where, name)
            ]
            choices.append(known[: _TRIED if len(names) == 1 else _BESIDE])
        if not all(choices):
            return
        relative = self._is_relative(tree)
        aliases = {alias.name: alias for alias in statement.names}
        rest = [alias for alias in statement.names if alias.name not in names]
        indent = source.newline() + source.indentation(statement.lineno)
        for chosen in itertools.islice(_likeliest(choices), _TRIED):
            lines = [_with_names(statement, rest)] if rest else []
            by_module: dict[str, list[str]] = {}
            for name, home in zip(names, chosen, strict=True):
                bound = aliases[name].asname or name
                if not home.member:
                    lines.append(importing(home, bound, self.package, relative=relative))
                else:
                    by_module.setdefault(home.module, []).append(renamed(home.member, bound))
            lines += [
                f"from {spelled(m, self.package, relative=relative)} import {', '.join(members)}"
                for m, members in by_module.items()
            ]
            start, end = source.span(statement)
            share = min(_share(h, known) for h, known in zip(chosen, choices, strict=True))
            yield (OffsetEdit(start, end, indent.join(lines)),), share

    def _replaced(
        self, source: Source, statement: ast.Import, module: str
    ) -> Iterator[tuple[tuple[OffsetEdit, ...], float]]:
        """Another module for the one that ``import`` did not find."""
        alias = next(a for a in statement.names if f"{a.name}.".startswith(f"{module}."))
        last = alias.name.rpartition(".")[2]
        known = self.homes(last, (module,))[:_TRIED]
        for home in known:
            whole = f"{home.module}.{home.member}" if home.member else home.module
            if whole == alias.name:
                continue
            start, end = source.span(statement)
            others = [
                renamed(a.name, a.asname or a.name) for a in statement.names if a is not alias
            ]
            lines = [f"import {', '.join(others)}"] if others else []
            lines.append(importing(home, alias.asname or last, self.package, relative=False))
            indent = source.newline() + source.indentation(statement.lineno)
            yield (OffsetEdit(start, end, indent.join(lines)),), _share(home, known)

    def _added(
        self, source: Source, tree: ast.Module, name: str, module: str
    ) -> Iterator[tuple[tuple[OffsetEdit, ...], float]]:
        """An import of ``name`` beside those that are there."""
        relative = self._is_relative(tree)
        known = [h for h in self.homes(name, (module,))[:_TRIED] if h.module != module]
        for home in known:
            line = importing(home, name, self.package, relative=relative)
            yield (_beside(source, tree, line),), _share(home, known)

    def _members(
        self, source: Source, tree: ast.Module, module: str, name: str
    ) -> Iterator[tuple[tuple[OffsetEdit, ...], float]]:
        """``module.name`` taken from where ``name`` is: everywhere in the file."""
        places = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and node.attr == name
            and isinstance(node.ctx, ast.Load)
            and self._means(tree, ast.unparse(node.value), module)
        ]
        relative = self._is_relative(tree)
        known = self.homes(name, (module,))[:_TRIED] if places else ()
        for home in known:
            inside = f"{home.module}.{home.member}" if home.member else home.module
            if inside == f"{module}.{name}":
                yield (_beside(source, tree, f"import {inside}"),), 1.0
                continue
            edits = [OffsetEdit(*source.span(node), name) for node in places]
            edits.append(
                _beside(source, tree, importing(home, name, self.package, relative=relative))
            )
            yield tuple(sorted(edits, key=lambda edit: edit.start)), _share(home, known)

    def _means(self, tree: ast.Module, text: str, module: str) -> bool:
        """Whether ``text`` is how the file calls ``module``."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                if any((a.asname or a.name) == text and a.name == module for a in node.names):
                    return True
            elif isinstance(node, ast.ImportFrom):
                base = absolute(node, self.package)
                for alias in node.names:
                    if (alias.asname or alias.name) == text and f"{base}.{alias.name}" == module:
                        return True
        return False

    def _is_relative(self, tree: ast.Module) -> bool:
        return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def imports_of(path: str, workspace: Workspace, homes: Homes) -> Imports:
    """What gives the file ``path`` its imports."""
    try:
        roots = import_roots(path, workspace, resolve(workspace))
    except AnalysisError:
        roots = (workspace.root,)
    name = module_name(Path(path), roots)
    return Imports(name if path.endswith("/__init__.py") else name[:-1], homes)


def _share(home: Home, known: Sequence[Home]) -> float:
    """How much speaks for ``home``, compared with the best of those that are known."""
    best = max(each.worth for each in known)
    return home.worth / best if best else 1.0


def _likeliest(choices: Sequence[Sequence[Home]]) -> Iterator[tuple[Home, ...]]:
    """One home for each name, the combinations with the likeliest first."""
    every = itertools.islice(itertools.product(*choices), 4096)
    ranks = [{home: place for place, home in enumerate(homes)} for homes in choices]

    def place(chosen: tuple[Home, ...]) -> tuple[int, int]:
        away = sum(rank[home] for rank, home in zip(ranks, chosen, strict=True))
        return away, len({home.module for home in chosen})

    return iter(sorted(every, key=place))


def _with_names(statement: ast.ImportFrom, names: Sequence[ast.alias]) -> str:
    """``statement`` with other names."""
    other = ast.ImportFrom(statement.module, list(names), statement.level)
    return ast.unparse(other)


def _plain(tree: ast.Module, module: str, line: int) -> ast.Import | None:
    like = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        and any(f"{alias.name}.".startswith(f"{module}.") for alias in node.names)
    ]
    around = [n for n in like if n.lineno <= line <= (n.end_lineno or n.lineno)]
    return next(iter(around or like), None)


def _beside(source: Source, tree: ast.Module, line: str) -> OffsetEdit:
    """``line`` behind the last import that begins the file, or before its first statement."""
    last: ast.stmt | None = None
    for number, node in enumerate(tree.body):
        docstring = number == 0 and isinstance(node, ast.Expr)
        if isinstance(node, ast.Import | ast.ImportFrom) or docstring:
            last = node
        else:
            break
    if last is None:
        return OffsetEdit(0, 0, line + source.newline())
    end = source.span(last)[1]
    return OffsetEdit(end, end, source.newline() + line)


def _whole(old: str, new: str) -> OffsetEdit:
    """One edit that turns ``old`` into ``new``."""
    start = _common(old, new)
    rest = min(len(old), len(new)) - start
    end = min(rest, _common(old[::-1], new[::-1]))
    return OffsetEdit(start, len(old) - end, new[start : len(new) - end])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items both begin with."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
