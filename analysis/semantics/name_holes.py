"""What may stand where a bare name is read: what the scopes bind, star imports, builtins."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from analysis.environments.environment import Environment, import_roots
from analysis.names import Name, NameSet, Tier
from analysis.program.binders import StarImport
from analysis.program.scopes import ScopeKind
from analysis.program.visible import Visible, doubt, unassigned, visible
from analysis.semantics import import_holes, module_finder
from analysis.semantics.builtin_names import OF_MODULES, builtin_names
from analysis.semantics.module_finder import Form, Module
from analysis.semantics.occurrences import code_only, with_placeholder
from analysis.snapshot import Snapshot
from analysis.syntax.hole import BASE_CLASS, Hole, HoleKind
from analysis.syntax.statement import statement_at
from analysis.syntax.tree import SyntaxTree, parsed

#: Guards under which a name may be one of another version of Python, or one that may be missing.
_ELSEWHERE = frozenset({"try_name_error", "version", "with_error"})
#: Scopes within a statement: what they bind has its value there.
_WITHIN = frozenset({ScopeKind.COMPREHENSION, ScopeKind.LAMBDA})
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")


def names_for(snapshot: Snapshot, hole: Hole, environment: Environment) -> NameSet:
    """The names for a hole that a bare name is read in, the innermost scope's first."""
    text, offset = with_placeholder(snapshot.text, hole.start, hole.end)
    tree = parsed(text)
    seen = visible(tree, offset)
    names = {
        name: Name(name, binding.kind, origin=_origin(seen, name))
        for name, binding in seen.names.items()
        if binding.start != offset
    }
    doubts = [_dynamic(tree)]
    for star in seen.stars:
        doubts.append(_star(star, names, snapshot, environment))
    if tree.root.has_error:
        # Error recovery may have cut a scope short: what is written anywhere may be seen here.
        for word in _elsewhere(tree, offset):
            names.setdefault(word, Name(word, "", origin="file"))
    for name in _submodules(snapshot.path):
        names.setdefault(name, Name(name, "module", origin="package"))
    for name in OF_MODULES:
        names.setdefault(name, Name(name, "instance", origin="module"))
    for name, kind in builtin_names(environment).items():
        names.setdefault(name, Name(name, _KINDS.get(kind, kind), _type(kind), "builtins"))
    if hole.kind is HoleKind.EXCEPTION:
        names = raisable(names, code_only(text))
    later = () if hole.store else _unassigned(snapshot, hole, seen)
    for name in later:
        names.pop(name, None)
    why = next(filter(None, doubts), "") or _doubt(hole)
    return NameSet(
        hole.kind.value,
        Tier.OPEN if why else Tier.CLOSED,
        why or "every name in scope, and the builtins",
        tuple(names.values()),
        unassigned=later,
    )


def _unassigned(snapshot: Snapshot, hole: Hole, seen: Visible) -> tuple[str, ...]:
    text = snapshot.text
    before = statement_at(text, hole.start, parsed(text))
    inner = {name for scope in seen.scopes if scope.kind in _WITHIN for name in scope.bindings}
    return tuple(sorted(unassigned(text, hole.start, before) - inner))


def _submodules(path: str) -> Iterable[str]:
    """The modules of the package whose body ``path`` is: importing one binds its name there."""
    if Path(path).stem != "__init__":
        return ()
    folder = Path(path).parent
    package = Module((folder.name,), Form.PACKAGE, path, folders=(str(folder),))
    return module_finder.submodules(package)


@lru_cache(maxsize=4)
def _dynamic(tree: SyntaxTree) -> str:
    return doubt(tree, code_only(tree.text))


#: Kinds of builtins as :class:`~analysis.names.Name` has them.
_KINDS = {"exception": "class"}


def _type(kind: str) -> str:
    return EXCEPTION if kind == "exception" else ""


def _origin(seen: Visible, name: str) -> str:
    for scope in reversed(seen.scopes):
        if name in scope.bindings:
            return scope.kind.value
    return "class"


def _doubt(hole: Hole) -> str:
    if hole.store:
        return "the name is bound here and may be new"
    if hole.reason == BASE_CLASS:
        return "a keyword of the class may follow"
    if "may_store" in hole.guards:
        return "the statement may yet bind a new name"
    guard = _ELSEWHERE.intersection(hole.guards)
    return f"the code here is guarded ({min(guard)})" if guard else ""


def _star(
    star: StarImport, names: dict[str, Name], snapshot: Snapshot, environment: Environment
) -> str:
    """Add what a star import brings; why it may bring more, or ``""``."""
    roots = import_roots(snapshot.path, snapshot.workspace, environment)
    module = import_holes.module_of(star.text, snapshot, roots, environment)
    if module is None:
        return f"it imports * from '{star.text}', which was not found"
    seen = import_holes.listing(module, snapshot, environment)
    for name, known in seen.names.items():
        if not name.startswith("_") or name in seen.exported:
            names.setdefault(name, Name(name, known.kind, origin=module.dotted))
    return seen.doubt and f"{star.text}: {seen.doubt}"


def _elsewhere(tree: SyntaxTree, offset: int) -> set[str]:
    code = code_only(tree.text)
    found = {match[0] for match in _WORD.finditer(code) if match.start() != offset}
    return found.difference(keyword.kwlist)


#: How :class:`~analysis.names.Name` shows that a name is an exception class.
EXCEPTION = "type[BaseException]"
_CLASS = re.compile(r"^[ \t]*class[ \t]+(?P<name>\w+)[ \t]*\((?P<bases>[^()]*)\)", re.MULTILINE)
#: Builtins that make or find an exception, as in ``raise type(error)(…)``.
_MAKERS = frozenset(
    {"__import__", "eval", "getattr", "globals", "locals", "next", "super", "tuple", "type", "vars"}
)


def raisable(names: dict[str, Name], code: str) -> dict[str, Name]:
    """Those of ``names`` that can be raised or caught, the most likely first.

    ``code`` is the text of the file, comments and strings blanked. Classes of the file that derive
    from an exception come first, what else it binds next (a variable may hold an exception, a
    module has some), then builtin exceptions. Of the other builtins those stay that can lead to
    one.
    """
    known = {name for name, each in names.items() if each.type == EXCEPTION}
    own = _derived(known, code)
    ranked: tuple[dict[str, Name], ...] = ({}, {}, {}, {})
    for name, each in names.items():
        if name in own and each.origin != "builtins":
            ranked[0][name] = replace(each, kind="class", type=EXCEPTION)
        elif each.origin != "builtins":
            ranked[1][name] = each
        elif each.type == EXCEPTION:
            ranked[2][name] = each
        elif name in _MAKERS:
            ranked[3][name] = each
    return {name: each for part in ranked for name, each in part.items()}


def _derived(known: set[str], code: str) -> set[str]:
    """The classes of the file that derive from one of ``known``, directly or not."""
    found: set[str] = set()
    classes = [(m["name"], set(re.findall(r"\w+", m["bases"]))) for m in _CLASS.finditer(code)]
    grown = True
    while grown:
        grown = False
        for name, bases in classes:
            if name not in found and bases & (known | found):
                found.add(name)
                grown = True
    return found
