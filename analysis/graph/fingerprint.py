"""What other files can see of a module-level name, as a hash.

Equal hashes mean that nothing outside of the file resolves differently, so an edit of a body
re-resolves that file alone. Positions do not count, their order does.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from analysis.graph.facts import NONE, Binding, Interface, Scope

#: Numbers in rows that are no rows: (operator, place) → how they count.
_NUMBERS = {("lam", 1): "scope", ("comp", 3): "scope"}


def fingerprints(interface: Interface) -> dict[str, str]:
    """Module-level name → hash; ``*`` stands for the module's star imports and ``__all__``."""
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
    said: dict[str, list[str]] = defaultdict(list)
    for scope in interface.scopes[1:]:
        said[scope.top].append(_scope(scope, rows))
    module = interface.scopes[0]
    for name, bindings in module.names.items():
        said[name] += [_binding(binding, rows) for binding in bindings]
    said["*"] = [f"{b.module}/{b.level}" for b in module.stars]
    said["*"] += module.all if module.all is not None else ["public"]
    return {
        name: hashlib.blake2b(
            "\1".join(parts).encode("utf-8", "replace"), digest_size=8
        ).hexdigest()
        for name, parts in said.items()
    }


def _row(rows: list[bytes], index: int) -> str:
    return rows[index].hex() if 0 <= index < len(rows) else "-"


def _binding(binding: Binding, rows: list[bytes]) -> str:
    return (
        f"{binding.how}:{_row(rows, binding.value)}:{_row(rows, binding.annotation)}:"
        f"{binding.module}:{binding.level}:{binding.member}"
    )


def _scope(scope: Scope, rows: list[bytes]) -> str:
    parts = [scope.kind, scope.name, scope.role, *scope.parameters, _row(rows, scope.returns)]
    parts += [_row(rows, row) for row in (*scope.bases, *scope.decorators)]
    parts += [_row(rows, row[0]) for row in (*scope.returned, *scope.yielded)]
    for name, bindings in scope.names.items():
        parts.append(name)
        parts += [_binding(binding, rows) for binding in bindings]
    for name, fields in scope.fields.items():
        parts.append(name)
        parts += [f"{_row(rows, f.value)}:{_row(rows, f.annotation)}" for f in fields]
    assert scope.parent != NONE
    return "\2".join(parts)
