"""Names that a file reads though nothing in it binds them: what an import is most likely for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from tree_sitter import Node

from analysis.scopes.binding import COMPREHENSIONS, scope_of
from analysis.semantics.occurrences import code_only
from analysis.syntax.tree import SyntaxTree, parsed

_IMPORT = re.compile(
    r"^[ \t]*(?:from\b[^\n#]*?\bimport\b(?:[ \t]*\([^()]*\)|[^\n]*)|import\b[^\n]*)", re.MULTILINE
)
_BARE = re.compile(r"(?<![\w.])[^\W\d]\w*(?![ \t]*=[^=])")
_SCOPES = frozenset({"function_definition", "class_definition", "lambda"}) | COMPREHENSIONS
#: A file longer than this is data, or too long to be read through at every import.
_LONGEST = 200_000


def wanted(text: str, start: int, names: Iterable[str]) -> tuple[str, ...]:
    """Those of ``names`` that the file reads and that nothing binds, where the line at ``start``
    (code points) is taken away; in the order in which the file has them."""
    if len(text) > _LONGEST:
        return ()
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    rest = text[:begin] + text[stop if stop >= 0 else len(text) :]
    read = dict.fromkeys(_BARE.findall(_IMPORT.sub("", code_only(rest))))
    known = frozenset(names)
    found = [name for name in read if name in known and not name.startswith("__")]
    if not found:
        return ()
    bound = _bound(parsed(rest))
    return tuple(name for name in found if name not in bound)


def _bound(tree: SyntaxTree) -> Set[str]:
    """The names that any scope of the file binds."""
    bound = set(scope_of(tree, tree.root).bindings)
    for node in _scopes(tree.root):
        bound.update(scope_of(tree, node).bindings)
    return bound


def _scopes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _SCOPES:
            yield node
        stack.extend(node.named_children)
