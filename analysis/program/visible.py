"""The bare names that a place can see, by the rules of the language (LEGB).

``visible`` is the answer; ``unassigned`` tells which of it have no value yet, and ``doubt`` whether
there may be more names than the syntax shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from analysis.program.binders import StarImport
from analysis.program.scopes import FUNCTIONS, Scope, ScopeKind, enclosing
from analysis.syntax.statement import Statement
from analysis.syntax.tree import SyntaxTree, parsed

#: What the body of a class has before its first statement (data model, *Class definitions*).
_OF_CLASSES = ("__module__", "__qualname__")


@dataclass(frozen=True, slots=True)
class SeenName:
    """A name that can be seen: its kind as in :class:`~analysis.names.Name`, and the code point
    where its scope first binds it."""

    name: str
    kind: str
    start: int


@dataclass(frozen=True, slots=True)
class Visible:
    """The names, innermost scope first, and the star imports whose names are visible, too.

    Names of the module's object and builtins are not among them.
    """

    names: dict[str, SeenName]
    stars: tuple[StarImport, ...]
    scopes: tuple[Scope, ...]


def visible(tree: SyntaxTree, offset: int) -> Visible:
    """What the character at ``offset`` (code points) of the tree's text can see."""
    scopes = enclosing(tree, offset)
    names: dict[str, SeenName] = {}
    stars: list[StarImport] = []
    hidden = False  # behind a function, the names of a class around it are hidden
    in_class = False
    for scope in reversed(scopes):
        if scope.kind is ScopeKind.CLASS:
            in_class = True
            if hidden:
                continue
            for name in _OF_CLASSES:
                names.setdefault(name, SeenName(name, "instance", scope.start))
        for name, bindings in scope.bindings.items():
            if name not in names and scope.owns(name):
                names[name] = SeenName(name, scope.kind_of(name), bindings[0].start)
        stars += scope.stars
        hidden = hidden or scope.kind in FUNCTIONS
    if in_class and hidden:
        names.setdefault("__class__", SeenName("__class__", "class", scopes[0].start))
    return Visible(names, tuple(stars), tuple(scopes))


# -- names without a value

#: Headers whose names belong to other scopes, or that are run again after their body.
_ELSEWHERE = frozenset({"def", "class", "async", "@", "lambda", "while", "global", "nonlocal"})
#: Headers that need a suite, so that one stands in for them. A clause cannot begin a statement.
_HEADERS = frozenset({"if", "for", "with", "match", "try"})
_CLAUSES = frozenset({"elif", "else", "except", "finally", "case"})
_LOOPS = frozenset({"for_statement", "while_statement"})
_BODIES = frozenset({"function_definition", "lambda", "class_definition"})
_TARGET = re.compile(r"([^\W\d]\w*)[ \t]*(?::[^=\n]*)?=(?!=)")


def unassigned(text: str, offset: int, before: Statement) -> frozenset[str]:
    """The names that a function binds, but on no path that leads to ``offset`` (code points) of
    ``text``; ``before`` is the statement there.

    A name that a function assigns is its own everywhere in it (language reference, *Naming and
    binding*), so reading it before raises ``UnboundLocalError`` whatever the module has by that
    name. Only what the order of the text decides is told: every binding stands behind the place,
    and no loop around the place holds one. Empty where the text does not parse, and outside of
    functions: a module or a class looks such a name up further out.
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
        for name, bindings in scope.bindings.items()
        if bindings[0].start > start
        and name not in scope.outer
        and not (loop and loop[0] <= bindings[0].start < loop[1])
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
    while node is not None and node.type not in _BODIES:
        if node.type in _LOOPS:
            found = node
        node = node.parent
    return tree.span(found) if found is not None else None


# -- names that the syntax does not show

_BUILTINS = r"\b(?:builtins|__builtins__|__builtin__)\b"
#: Names as a mapping, which is harmless where it is only read: of the module, or of all modules.
_NAMESPACE = re.compile(
    r"\b(?P<what>globals|locals|vars)\(\s*\)"
    rf"|(?P<of_all>{_BUILTINS}(?:\s*\.\s*__dict__\b|(?=\s*\[))|\bvars\(\s*{_BUILTINS}\s*\))"
)
_READ = re.compile(
    r"""\s*(?:
    \[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]
      (?!\s*(?:=(?!=)|:(?!=)[^\n]*=|(?:\*\*|//|>>|<<|[-+*/%@&|^])=))
    | \.\s*(?:get|items|keys|values|copy)\b)""",
    re.VERBOSE,
)
_OF_MODULES = re.compile(
    r"\bsys\s*\.\s*modules\s*\[\s*__name__\s*\]|\b_convert_?\([^()]*__name__|\bglobal_enum\b"
    r"|\b(?:builtins|__builtins__|__builtin__)\s*\.\s*(?!__dict__\b)\w+\s*=(?!=)"
    r"|\bsetattr\(\s*(?:builtins|__builtins__|sys\s*\.\s*modules)"
)
_EXEC = re.compile(r"(?<![.\w])(?:exec|execfile)\(\s*[^,()\n]*(?:\([^()\n]*\)[^,()\n]*)*\)")


def doubt(tree: SyntaxTree, code: str) -> str:
    """Why names of the module may be bound that its text does not show, or ``""``.

    ``code`` is the text of ``tree`` with comments and strings blanked.
    """
    if (found := _OF_MODULES.search(code)) is not None:
        return f"names are bound by {' '.join(found[0].split())}"
    if (found := _EXEC.search(code)) is not None:
        return "exec may bind names"
    for found in _NAMESPACE.finditer(code):
        if found["what"] in ("locals", "vars") and _in_function(tree, found.start()):
            continue  # a copy: the names of a function cannot be added to
        before = code[max(0, found.start() - 8) : found.start()]
        if not _READ.match(code, found.end()) and not re.search(r"\bin\s*$", before):
            return f"names may be bound through {' '.join(found[0].split())}"
    return ""


def _in_function(tree: SyntaxTree, offset: int) -> bool:
    node: Node | None = tree.node_at(offset)
    while node is not None and node.type not in ("function_definition", "lambda"):
        node = node.parent
    return node is not None
