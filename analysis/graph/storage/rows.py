"""Facts and resolved edges of a file as rows of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from analysis.graph.facts.file import NONE, Interface
from analysis.graph.resolution.edges import Resolved
from analysis.graph.storage.store import CODES

_NODE = (
    "INSERT INTO node(file, qualname, kind, name, qualified_name, parent, line, character, "
    "end_line, end_character, name_line, name_character, name_end_line, name_end_character, "
    "signature, docstring, package, version, property) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'','',?) "
    "ON CONFLICT(file, qualname) DO UPDATE SET kind=excluded.kind, name=excluded.name, "
    "qualified_name=excluded.qualified_name, parent=excluded.parent, line=excluded.line, "
    "character=excluded.character, end_line=excluded.end_line, "
    "end_character=excluded.end_character, name_line=excluded.name_line, "
    "name_character=excluded.name_character, name_end_line=excluded.name_end_line, "
    "name_end_character=excluded.name_end_character, signature=excluded.signature, "
    "docstring=excluded.docstring, property=excluded.property"
)
_MEMBERSHIP = {"METHOD": "HAS_METHOD", "FIELD": "HAS_FIELD"}


def write_nodes(db: sqlite3.Connection, file: int, module: str, interface: Interface) -> None:
    """Bring the nodes of ``file`` in line with its facts; numbers of names that stay are kept."""
    definitions = interface.definitions
    now = {definition.qualname for definition in definitions}
    before = dict(db.execute("SELECT qualname, id FROM node WHERE file=?", (file,)))
    db.executemany(
        "DELETE FROM node WHERE id=?", [(i,) for name, i in before.items() if name not in now]
    )
    properties = {scope.definition for scope in interface.scopes if scope.role == "property"}
    rows = []
    for number, definition in enumerate(definitions):
        qualified = f"{module}.{definition.qualname}" if definition.qualname else module
        name = definition.name or module.rpartition(".")[2]
        rows.append(
            (
                *(file, definition.qualname, definition.kind, name, qualified, None),
                *definition.span,
                *definition.name_span,
                *(definition.signature, definition.docstring, number in properties),
            )
        )
    db.executemany(_NODE, rows)
    ids = dict(db.execute("SELECT qualname, id FROM node WHERE file=?", (file,)))
    db.executemany(
        "UPDATE node SET parent=? WHERE id=?",
        [
            (ids[definitions[d.parent].qualname], ids[d.qualname])
            for d in definitions
            if d.parent != NONE
        ],
    )


def write_edges(
    db: sqlite3.Connection,
    file: int,
    interface: Interface,
    resolved: Resolved,
    nodes_of: Callable[[int], dict[str, int]],
    outside: Callable[[str], int],
) -> None:
    """Replace the edges of ``file``; ``outside`` gives the node of an external name."""
    for table in ("edge", "loose", "need"):
        db.execute(f"DELETE FROM {table} WHERE file=?", (file,))
    own = nodes_of(file)
    edges: list[tuple[int | None, ...]] = []
    for d in interface.definitions:
        if d.parent != NONE:
            parent = interface.definitions[d.parent]
            inside = parent.kind == "CLASS" and d.kind in _MEMBERSHIP
            kind = _MEMBERSHIP[d.kind] if inside else "CONTAINS"
            source, target = own.get(parent.qualname), own.get(d.qualname)
            if source is not None and target is not None:
                edges.append((file, source, target, CODES[kind], 0, *d.name_span))
    for edge in resolved.edges:
        source = own.get(edge.source)
        if edge.target[0] == 0:
            found: int | None = outside(edge.target[1])
        else:
            found = nodes_of(edge.target[0]).get(edge.target[1])
        if source is None or found is None:
            continue
        kind = "INHERITS" if edge.kind == "base" else edge.kind
        edges.append((file, source, found, CODES[kind], int(edge.virtual), *edge.span))
    db.executemany("INSERT INTO edge VALUES(?,?,?,?,?,?,?,?,?)", edges)
    db.executemany(
        "INSERT INTO loose VALUES(?,?,?,?,?,?,?,?)",
        [
            (file, own[loose.source], loose.name, CODES[loose.kind], *loose.span)
            for loose in resolved.loose
            if loose.kind in CODES
        ],
    )
    db.executemany(
        "INSERT OR IGNORE INTO need VALUES(?,?)", [(file, key) for key in resolved.needs]
    )
    db.execute("UPDATE file SET resolved=1 WHERE id=?", (file,))
