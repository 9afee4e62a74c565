"""Attributes of classes and their instances (method resolution order: C3), and of annotations."""

from __future__ import annotations

from analysis.graph.facts import NONE
from analysis.graph.resolution.world import (
    ANYTHING,
    END,
    NOTHING,
    UNKNOWN,
    Definition,
    Resolving,
    Value,
    Values,
    reaching,
    union,
)

# -- instances of what annotations say (PEP 484, 585, 604, 673)


_INNER = frozenset(
    {"Optional", "Union", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly"}
    | {"Awaitable", "InitVar"}
)
_LISTS = {
    **dict.fromkeys(("list", "List", "Sequence", "MutableSequence", "Collection"), "list"),
    **dict.fromkeys(("set", "Set", "AbstractSet", "MutableSet"), "set"),
    **dict.fromkeys(("frozenset", "FrozenSet"), "frozenset"),
    **dict.fromkeys(("deque", "Deque"), "deque"),
    **dict.fromkeys(
        (
            *("Iterable", "Iterator", "Generator", "KeysView", "ValuesView", "Reversible"),
            *("AsyncIterable", "AsyncIterator", "AsyncGenerator"),
        ),
        "generator",
    ),
}
_DICTS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "DefaultDict", "defaultdict", "OrderedDict"}
)
_MANAGERS = frozenset({"AbstractContextManager", "ContextManager", "AsyncContextManager"})
_HOMES = (
    "typing.",
    "typing_extensions.",
    "builtins.",
    "collections.",
    "contextlib.",
    "dataclasses.",
)
#: Names that hold anything.
_OPEN = frozenset({"Any", "object", "Callable", "TypeVar", "Type", "type"})
BUILTIN_CLASSES = frozenset(
    f"builtins.{name}"
    for name in ("str", "bytes", "int", "float", "bool", "bytearray", "complex", "memoryview")
)


def outside_instance(dotted: str) -> Value:
    """An instance of the outside class ``dotted``."""
    home, _, name = dotted.rpartition(".")
    if home + "." in _HOMES or home == "collections.abc":
        if name in _OPEN:
            return UNKNOWN
        if name in _LISTS:
            return ("l", _LISTS[name], ANYTHING)
        if name in _DICTS:
            return ("l", "dict", ANYTHING)
        if name in ("tuple", "Tuple"):
            return ("l", "tuple", ANYTHING)
        if home == "builtins":
            return ("bi", name)
    return ("xi", dotted)


def annotated(
    r: Resolving, file: int, scope: int, row: int, receiver: Value | None = None
) -> Values:
    """Instances of the annotation ``row``, read in ``scope`` of ``file``; ``receiver`` is Self."""
    found: Values = r.memo.keep(
        ("an", file, scope, row, receiver),
        lambda: _annotated(r, file, scope, row, receiver),
        ANYTHING,
    )
    return found


def _annotated(r: Resolving, file: int, scope: int, row: int, receiver: Value | None) -> Values:
    if row == NONE:
        return ANYTHING
    entry = r.world.interface(file).expressions[row]
    operator = entry[0]
    if operator == "b":
        return NOTHING if entry[1] == "None" else ANYTHING
    if operator == "u":
        return union(*(annotated(r, file, scope, part, receiver) for part in entry[1]))
    if operator == "op" and entry[1] == "|":
        return union(*(annotated(r, file, scope, part, receiver) for part in entry[2:]))
    if operator == "s":
        return _generic(r, file, scope, entry[1], entry[2], receiver)
    if operator in ("n", "a"):
        return _named(r, file, scope, row, receiver)
    return ANYTHING


def _named(r: Resolving, file: int, scope: int, row: int, receiver: Value | None) -> Values:
    entry = r.world.interface(file).expressions[row]
    if entry[-1] == "Self":
        if receiver is not None and receiver[0] in ("o", "c"):
            return (("o", *receiver[1:]),)
        walk = scope
        while walk != NONE and r.scope(file, walk).kind != "class":
            walk = r.scope(file, walk).parent
        return (("o", file, walk),) if walk != NONE else ANYTHING
    end = 1 << 60
    if entry[0] == "n":
        definitions, _, _ = r.name(file, scope, entry[1], end, 0)
    else:
        receivers = r.evaluate(file, scope, entry[1], end, 0)
        definitions = tuple(d for value in receivers for d in r.members(value, entry[2]))
    found: list[Values] = []
    for definition in definitions:
        if definition[0] == "v":
            found.append(_alias(r, *definition[1:]))
        else:
            found.append(r.instances(r.values(definition)))
    return union(*found) or ANYTHING


def _alias(r: Resolving, file: int, scope: int, name: str) -> Values:
    """Instances of a type alias: its value is read as an annotation."""
    groups: list[Values] = []
    known = r.scope(file, scope)
    known = r.member(file, scope, name) if known.kind == "class" else r.inside(file, scope)
    for binding in known.names.get(name, []):
        if binding.how == "value" and binding.value != NONE:
            entry = r.world.interface(file).expressions[binding.value]
            if entry[0] == "c":  # TypeVar("T"), NewType("N", base), namedtuple(…)
                return ANYTHING
            groups.append(annotated(r, file, scope, binding.value))
    return union(*groups) or ANYTHING


def _generic(
    r: Resolving, file: int, scope: int, base: int, key: int, receiver: Value | None
) -> Values:
    rows = r.world.interface(file).expressions
    inner = rows[key] if key != NONE else ("",)
    parts = list(inner[1]) if inner[0] == "t" else [key]
    groups: list[Values] = []
    for value in r.evaluate(file, scope, base, 1 << 60, 0):
        if value[0] == "c":
            groups.append((("o", *value[1:]),))
            continue
        if value[0] != "x":
            groups.append(ANYTHING)
            continue
        name = value[1].rpartition(".")[2]
        typed = [annotated(r, file, scope, part, receiver) for part in parts]
        if name in _INNER:
            groups += typed[:1] if name in ("Annotated",) else typed
        elif name in _LISTS:
            groups.append((("l", _LISTS[name], typed[0]),))
        elif name in _DICTS:
            groups.append((("l", "dict", typed[-1]),))
        elif name in ("tuple", "Tuple"):
            if len(parts) == 2 and parts[1] == NONE:
                groups.append((("l", "tuple", typed[0]),))
            else:
                groups.append((("t", tuple(typed)),))
        elif name in ("type", "Type"):
            groups.append(tuple(("c", *v[1:]) for v in typed[0] if v[0] == "o") or ANYTHING)
        elif name == "Coroutine":
            groups.append(typed[-1])
        elif name in _MANAGERS:
            groups.append((("l", "manager", typed[0]),))
        elif name in ("Callable", "Literal", "TypeGuard", "Generic"):
            groups.append(ANYTHING)
        else:
            groups.append((("xi", value[1]),))
    return union(*groups) or ANYTHING


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
