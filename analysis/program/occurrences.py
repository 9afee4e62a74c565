"""Where a local variable is read and written, by the scopes of the file."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.program.scopes import BindingManner, Scope, ScopeKind, module_scope
from analysis.syntax.tree import SyntaxTree

_SHARED = frozenset({ScopeKind.MODULE, ScopeKind.CLASS})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place (code points) where the variable is written (given a value, or deleted) or read."""

    start: int
    end: int
    writes: bool


def local_occurrences(tree: SyntaxTree, offset: int) -> tuple[Occurrence, ...]:
    """All places of the local variable at ``offset`` (code points; its end counts), in order.

    None for names of modules and classes, which other files may use too.
    """
    name, scope = _name_at(tree, tree.to_byte(offset))
    owner = scope.owner(name) if name else None
    if owner is None or owner.kind in _SHARED:
        return ()
    found: dict[int, Occurrence] = {}
    for scope in owner.walk():
        nodes = [node for node in scope.names if tree.slice(node) == name]
        if not nodes or scope.owner(name) is not owner:
            continue
        # A walrus in a comprehension is the owner's binding, one under ``nonlocal`` the scope's.
        bound = {
            binding.node.start_byte
            for each in (owner, scope)
            for binding in each.bindings.get(name, ())
            if binding.manner is not BindingManner.BROKEN
        }
        for node in nodes:
            found[node.start_byte] = Occurrence(*tree.span(node), node.start_byte in bound)
    return tuple(found[byte] for byte in sorted(found))


def _name_at(tree: SyntaxTree, byte: int) -> tuple[str, Scope]:
    """The name at ``byte`` and the scope that looks it up; ``""`` where there is none."""
    waiting = [module_scope(tree)]
    while waiting:
        scope = waiting.pop()
        for node in scope.names:
            if node.start_byte <= byte <= node.end_byte:
                return tree.slice(node), scope
        around = (s for s in scope.inner if s.node.start_byte <= byte <= s.node.end_byte)
        waiting.extend(around)
    return "", module_scope(tree)
