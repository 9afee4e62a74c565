"""Instances of what annotations say (PEP 484, 585, 604, 673)."""

from __future__ import annotations

from analysis.graph.facts.file import NONE
from analysis.graph.resolution.values import ANYTHING, NOTHING, UNKNOWN, Value, Values, union
from analysis.graph.resolution.world import Resolving

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
