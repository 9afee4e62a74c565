"""The bare names that a place can see."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.scopes.enclosing import enclosing
from analysis.scopes.scope import Binding, Scope, ScopeKind
from analysis.syntax.star import StarImport
from analysis.syntax.tree import SyntaxTree

#: What the body of a class has before its first statement (data model, *Class definitions*).
_OF_CLASSES = ("__module__", "__qualname__")
_FUNCTIONS = frozenset({ScopeKind.FUNCTION, ScopeKind.LAMBDA, ScopeKind.COMPREHENSION})


@dataclass(frozen=True, slots=True)
class Visible:
    """The names, innermost scope first, and the star imports whose names are visible, too.

    Names of the module's object and builtins are not among them.
    """

    names: dict[str, Binding]
    stars: tuple[StarImport, ...]
    scopes: tuple[Scope, ...]

    @property
    def innermost(self) -> Scope:
        """The scope that the place lies in."""
        return self.scopes[-1]


def visible(tree: SyntaxTree, offset: int) -> Visible:
    """What the character at ``offset`` (code points) of the tree's text can see."""
    scopes = enclosing(tree, offset)
    names: dict[str, Binding] = {}
    stars: list[StarImport] = []
    hidden = False  # behind a function, the names of a class around it are hidden
    in_class = False
    for scope in reversed(scopes):
        if scope.kind is ScopeKind.CLASS:
            in_class = True
            if hidden:
                continue
            for name in _OF_CLASSES:
                names.setdefault(name, Binding(name, "instance", scope.start))
        for name, binding in scope.bindings.items():
            if name not in scope.outer or scope.kind is ScopeKind.MODULE:
                names.setdefault(name, binding)
        stars += scope.stars
        hidden = hidden or scope.kind in _FUNCTIONS
    if in_class and hidden:
        names.setdefault("__class__", Binding("__class__", "class", scopes[0].start))
    return Visible(names, tuple(stars), tuple(scopes))
