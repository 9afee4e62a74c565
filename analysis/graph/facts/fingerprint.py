"""What other files can see of a module, as hashes of small parts (see ``units``).

Equal hashes mean that nothing outside of the file resolves differently, so an edit of a body
re-resolves that file alone. Positions do not count; their order does, and which suites hold them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from analysis.graph.facts.file import NONE, Block, FactBinding, FactScope, FieldBinding, Interface
from analysis.graph.facts.units import is_open, keys, member

#: Numbers in rows that are no rows: (operator, place) → how they count.
_NUMBERS = {("lam", 1): "scope", ("comp", 3): "scope"}
#: A place in a file: byte and suite.
_Place = tuple[int, int]


def fingerprints(interface: Interface) -> dict[str, str]:
    """Key (``units``) → hash of what it means."""
    rows = _rows(interface)
    scopes = interface.scopes
    known = keys(scopes)
    head, body = known.heads, known.bodies
    said: dict[str, list[str]] = defaultdict(list)
    places: dict[str, list[_Place]] = defaultdict(list)
    for number, scope in enumerate(scopes[1:], 1):
        for key in {head[number], body[number]}:  # whoever looks inside has seen the head
            said[key].append(_head(scope, rows))
        alone = is_open(scopes, number)
        for name, bindings in scope.names.items():
            key = member(scope, name) if alone else body[number]
            said[key] += [name, *(_binding(binding, rows) for binding in bindings)]
            places[key] += [(binding.at, binding.block) for binding in bindings]
        for name, fields in scope.fields.items():
            key = member(scope, name) if alone else body[number]
            said[key] += [name, *(_field(field, rows) for field in fields)]
            places[key] += [(field.at, field.block) for field in fields]
            # Where a field gets its value is a place among the names of that method.
            for field in fields:
                places[body[field.scope]].append((field.at, field.block))
        results = [*scope.returned, *scope.yielded]
        said[body[number]] += [f"{_row(rows, row)}" for row, _, _ in scope.returned]
        said[body[number]] += ["yields", *(f"{_row(rows, row)}" for row, _, _ in scope.yielded)]
        said[body[number]] += ["global", *scope.globals]
        places[body[number]] += [(at, block) for _, at, block in results]
    module = scopes[0]
    for name, bindings in module.names.items():
        said[name] += [_binding(binding, rows) for binding in bindings]
        places[name] += [(binding.at, binding.block) for binding in bindings]
    for number, scope in enumerate(scopes):
        if number == 0 or is_open(scopes, number):
            for name, user, place in _uses_of_rebound(interface, scope):
                key = member(scope, name) if number else name
                said[key].append(user)
                places[key].append(place)
    for key, found in places.items():
        said[key] += _order(found, interface.blocks)
    said["*"] = [f"{b.module}/{b.level}" for b in module.stars]
    said["*"] += module.all if module.all is not None else ["public"]
    return {key: _hash("\1".join(parts)) for key, parts in said.items()}


def _uses_of_rebound(interface: Interface, scope: FactScope) -> Iterator[tuple[str, str, _Place]]:
    """Where names of ``scope`` that are bound more than once are used to define others: what they
    stand for there depends on the order. (name, the other, place) each."""
    rebound = {name for name, bindings in scope.names.items() if len(bindings) > 1}
    if not rebound:
        return
    mentioned: list[frozenset[str]] = []
    for row in interface.expressions:
        names = {row[1]} & rebound if row[0] == "n" else set()
        for part in row[1:]:
            for index in part if isinstance(part, tuple) else (part,):
                if isinstance(index, int) and 0 <= index < len(mentioned):
                    names |= mentioned[index]
        mentioned.append(frozenset(names))
    for user, bindings in scope.names.items():
        for binding in bindings:
            rows = [binding.value, binding.annotation]
            if binding.how in ("def", "class"):
                inner = interface.scopes[binding.scope]
                rows += [*inner.bases, *inner.decorators]
                rows += [b.value for held in inner.names.values() for b in held if b.how == "param"]
            used = frozenset[str]().union(*(mentioned[row] for row in rows if row != NONE))
            for name in sorted(used - {user}):
                yield name, user, (binding.at, binding.block)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _rows(interface: Interface) -> list[bytes]:
    rows: list[bytes] = []
    for row in interface.expressions:
        parts: list[str] = []
        for number, part in enumerate(row):
            # The first is the operator; indices refer to rows further up in the table.
            if isinstance(part, tuple):
                parts.append("(" + ",".join(_row(rows, index) for index in part) + ")")
            elif isinstance(part, int) and (row[0], number) != ("i", 2):
                parts.append(_NUMBERS.get((row[0], number), "") or _row(rows, part))
            else:
                parts.append(str(part))
        rows.append(
            hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
        )
    return rows


def _row(rows: list[bytes], index: int) -> str:
    return rows[index].hex() if 0 <= index < len(rows) else "-"


def _binding(binding: FactBinding, rows: list[bytes]) -> str:
    return (
        f"{binding.how}:{_row(rows, binding.value)}:{_row(rows, binding.annotation)}:"
        f"{binding.module}:{binding.level}:{binding.member}"
    )


def _field(field: FieldBinding, rows: list[bytes]) -> str:
    return f"self {_row(rows, field.value)}:{_row(rows, field.annotation)}"


def _head(scope: FactScope, rows: list[bytes]) -> str:
    parts = [scope.kind, scope.name, scope.role, *scope.parameters, _row(rows, scope.returns)]
    parts += [_row(rows, row) for row in (*scope.bases, *scope.decorators)]
    return "\2".join(parts)


def _order(places: Iterable[_Place], blocks: list[Block]) -> list[str]:
    """The order of ``places`` as they were given, and how the suites nest that hold them."""
    given = list(places)
    rank = {at: number for number, at in enumerate(sorted({at for at, _ in given}))}
    used = {block for _, block in given}
    for block in tuple(used):
        walk = block
        while walk >= 0:
            if blocks[walk].loop or walk == 0:
                used.add(walk)
            walk = blocks[walk].parent
    number = {block: index for index, block in enumerate(sorted(used))}
    nested = []
    for block in sorted(used):
        walk = blocks[block].parent
        while walk >= 0 and walk not in used:
            walk = blocks[walk].parent
        nested.append(f"{number.get(walk, -1)}{'*' if blocks[block].loop else ''}")
    return [*(f"{rank[at]}@{number[block]}" for at, block in given), *nested]
