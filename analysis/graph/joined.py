"""All edges of the graph at once: those stored, and those that rest on a name."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from analysis.graph.questions import BY_NAME, EXACT, MOST_BY_NAME
from analysis.graph.store import CODES, EDGES

RELATIONS = ("CONTAINS", "INHERITS", "HAS_METHOD", "HAS_FIELD", "USES")
_VIRTUAL = ("call", "decorate", "raise")


def joined(db: sqlite3.Connection) -> Iterator[tuple[int, int, str, tuple[Any, ...]]]:
    """(source, target, relation, (kind, how, place…)) of every edge; only uses have the last."""
    overriding = _overriding(db)
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
            for method in overriding.get(target, ()):
                yield source, method, "USES", (name, BY_NAME, *span)
    rows = db.execute(
        "SELECT l.source, n.id, l.type, l.line, l.character, l.end_line, l.end_character "
        "FROM loose l JOIN node n ON n.name = l.name AND n.kind = 'METHOD' WHERE l.name IN "
        "(SELECT name FROM node WHERE kind='METHOD' AND name NOT LIKE '\\_\\_%\\_\\_' ESCAPE '\\' "
        "GROUP BY name HAVING count(*) <= ?)",
        (MOST_BY_NAME,),
    )
    for source, target, code, *span in rows:
        yield source, target, "USES", (EDGES[code], BY_NAME, *span)


def _overriding(db: sqlite3.Connection) -> dict[int, list[int]]:
    """Method → the methods of subclasses that stand in its place."""
    below: dict[int, list[int]] = defaultdict(list)
    inherits = "SELECT source, target FROM edge WHERE type=?"
    for source, target in db.execute(inherits, (CODES["INHERITS"],)):
        below[target].append(source)
    methods: dict[int, dict[str, int]] = defaultdict(dict)
    for number, parent, name in db.execute("SELECT id, parent, name FROM node WHERE kind='METHOD'"):
        methods[parent][name] = number
    found: dict[int, list[int]] = defaultdict(list)
    for owner in list(below):
        seen = {owner}
        pending = list(below[owner])
        while pending:
            inner = pending.pop()
            if inner in seen:
                continue
            seen.add(inner)
            pending += below.get(inner, ())
            for name, number in methods.get(inner, {}).items():
                above = methods.get(owner, {}).get(name)
                if above is not None and not (name.startswith("__") and name.endswith("__")):
                    found[above].append(number)
    return found
