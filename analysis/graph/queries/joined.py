"""All edges of the graph at once: those stored, and those that rest on a name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from analysis.graph.queries.overriding import Methods
from analysis.graph.queries.questions import BY_NAME, EXACT
from analysis.graph.storage.store import CODES, EDGES

RELATIONS = ("CONTAINS", "INHERITS", "HAS_METHOD", "HAS_FIELD", "USES")
_USES = frozenset(CODES[name] for name in EDGES if name not in RELATIONS)
_VIRTUAL = ("call", "decorate", "raise")


def joined(db: sqlite3.Connection) -> Iterator[tuple[int, int, str, tuple[Any, ...]]]:
    """(source, target, relation, (kind, how, place…)) of every edge; only uses have the last."""
    methods = Methods(db)
    rows = db.execute(
        "SELECT source, target, type, virtual, line, character, end_line, end_character FROM edge"
    )
    for source, target, code, virtual, *span in rows:
        name = EDGES[code]
        if name in RELATIONS:
            yield source, target, name, ()
            continue
        yield source, target, "USES", (name, EXACT, *span)
        if virtual and name in _VIRTUAL:
            for method in methods.overriding(target):
                yield source, method, "USES", (name, BY_NAME, *span)
    rows = db.execute(
        "SELECT source, name, type, line, character, end_line, end_character FROM loose"
    )
    for source, name, code, *span in rows:
        for method, kind in methods.meant(name, code, _USES):
            yield source, method, "USES", (EDGES[kind], BY_NAME, *span)
