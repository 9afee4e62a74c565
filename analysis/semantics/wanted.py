"""Names that a file reads though nothing in it binds them: what an import is most likely for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from analysis.program.scopes import module_scope
from analysis.semantics.occurrences import code_only
from analysis.syntax.tree import SyntaxTree, parsed

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
