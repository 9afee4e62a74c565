"""Attributes of classes and their instances, by the method resolution order (C3)."""

from __future__ import annotations

from analysis.graph.resolution.reach import END, reaching
from analysis.graph.resolution.values import UNKNOWN, Definition, Value, Values
from analysis.graph.resolution.world import Resolving

_OBJECT = frozenset(dir(object))


def class_member(r: Resolving, file: int, scope: int, name: str) -> tuple[Definition, ...]:
    """Attribute ``name`` of a class or of its instances, by its method resolution order."""
    found: tuple[Definition, ...] = r.memo.keep(
        ("cm", file, scope, name),
        lambda: _member_in(r, mro(r, file, scope), name),
        (),
    )
    return found


def super_member(r: Resolving, value: Value, name: str) -> tuple[Definition, ...]:
    """Attribute ``name`` of what ``super()`` gives."""
    _, file, scope, receiver = value
    order = mro(r, receiver[1], receiver[2])
    own = ("c", file, scope)
    rest = order[order.index(own) + 1 :] if own in order else mro(r, file, scope)[1:]
    return _member_in(r, rest, name)


def _member_in(r: Resolving, order: Values, name: str) -> tuple[Definition, ...]:
    for owner in order:
        if owner[0] != "c":
            if owner == UNKNOWN:
                return ()
            if owner[1] == "builtins.object" and name not in _OBJECT:
                return ()
            if owner[1] not in ("typing.Generic", "typing.Protocol", "abc.ABC"):
                return (("x", f"{owner[1]}.{name}"),)
            continue
        _, file, scope = owner
        known = r.member(file, scope, name)
        bindings = known.names.get(name)
        if bindings:
            blocks = r.world.interface(file).blocks
            held = reaching(bindings, blocks, END, 0) or bindings
            return r.definitions(file, scope, name, held)
        if name in known.fields:
            return (("v", file, scope, name),)
    return ()


def mro(r: Resolving, file: int, scope: int) -> Values:
    """The method resolution order: classes, outside ones, ``UNKNOWN`` for a base not known."""
    own: Value = ("c", file, scope)
    order: Values = r.memo.keep(("mro", file, scope), lambda: _mro(r, file, scope), (own,))
    return order


def _mro(r: Resolving, file: int, scope: int) -> Values:
    known = r.scope(file, scope)
    own: Value = ("c", file, scope)
    heads: list[Value] = []
    for base in known.bases:
        values = r.evaluate(file, known.parent, base, known.at - 1, known.block)
        classes = [v for v in values if v[0] in ("c", "x")]
        if not classes or UNKNOWN in values:
            heads.append(UNKNOWN)
        heads += [c for c in classes if c != own]
    orders = [list(mro(r, h[1], h[2])) if h[0] == "c" else [h] for h in heads]
    merged = _merge([*orders, list(heads)])
    if ("x", "builtins.object") not in merged:
        merged.append(("x", "builtins.object"))
    return (own, *(m for m in merged if m != own))


def _merge(orders: list[list[Value]]) -> list[Value]:
    """C3 linearization (Barrett et al. 1996); where it does not exist, left to right."""
    merged: list[Value] = []
    last: Value = ("x", "builtins.object")
    pending = [[v for v in order if v != last] for order in orders]
    while pending := [order for order in pending if order]:
        for order in pending:
            head = order[0]
            if not any(head in other[1:] for other in pending):
                break
        else:
            head = pending[0][0]
        merged.append(head)
        pending = [[v for v in order if v != head] for order in pending]
    return merged
