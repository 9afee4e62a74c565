"""Names that a function binds, but on no path that leads to a place in it.

A name that a function assigns is its own everywhere in it (language reference, *Naming and
binding*), so reading it before raises ``UnboundLocalError`` whatever the module has by that name.
Only what the order of the text decides is told: every binding stands behind the place, and no loop
around the place holds one. Where the text does not parse, nothing is.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from analysis.scopes.enclosing import enclosing
from analysis.scopes.scope import ScopeKind
from analysis.syntax.statement import Statement
from analysis.syntax.tree import SyntaxTree, parsed

#: Headers whose names belong to other scopes, or that are run again after their body.
_ELSEWHERE = frozenset({"def", "class", "async", "@", "lambda", "while", "global", "nonlocal"})
#: Headers that need a suite, so that one stands in for them. A clause cannot begin a statement.
_HEADERS = frozenset({"if", "for", "with", "match", "try"})
_CLAUSES = frozenset({"elif", "else", "except", "finally", "case"})
_LOOPS = frozenset({"for_statement", "while_statement"})
_FUNCTIONS = frozenset({"function_definition", "lambda", "class_definition"})
_TARGET = re.compile(r"([^\W\d]\w*)[ \t]*(?::[^=\n]*)?=(?!=)")


def unassigned(text: str, offset: int, before: Statement) -> frozenset[str]:
    """The names that have no value at ``offset`` (code points) of ``text``; ``before`` is the
    statement there.

    Empty outside of functions: a module or a class looks such a name up further out.
    """
    first = before.first
    words = {token.text for token in before.tokens}
    if first in _CLAUSES or words & _ELSEWHERE:
        return frozenset()
    start = before.tokens[0].start if before.tokens else offset
    target = _TARGET.match(text, start, offset)
    if target is None and ":" in words and first not in _HEADERS:
        return frozenset()  # an annotation, which a function does not evaluate
    stop = text.find("\n", offset)
    stop = len(text) if stop < 0 else stop
    # The statement itself is taken out: what it binds is bound behind it, and it may be broken.
    plain = text[:start] + ("if 0:" if first in _HEADERS else "pass") + text[stop:]
    tree = parsed(plain)
    if tree.root.has_error:
        return frozenset()
    scope = enclosing(tree, start)[-1]
    if scope.kind is not ScopeKind.FUNCTION:
        return frozenset()
    loop = _loop(tree, start)
    found = {
        name
        for name, binding in scope.bindings.items()
        if binding.start > start
        and name not in scope.outer
        and not (loop and loop[0] <= binding.start < loop[1])
    }
    if target is not None and loop is None:
        own = target[1]
        if own not in scope.bindings and own not in scope.outer:
            found.add(own)
    return frozenset(found)


def _loop(tree: SyntaxTree, offset: int) -> tuple[int, int] | None:
    """The span of the outermost loop of the function around ``offset``."""
    found: Node | None = None
    node: Node | None = tree.node_at(offset)
    while node is not None and node.type not in _FUNCTIONS:
        if node.type in _LOOPS:
            found = node
        node = node.parent
    return tree.span(found) if found is not None else None
