"""From a place in a file to nodes, and from typed letters to nodes."""

from __future__ import annotations

import sqlite3

from analysis.graph.queries.naming import COLUMNS, NODES, GraphNode, node_of
from analysis.graph.queries.questions import methods_named

_INSIDE = (
    "(e.line < :line OR (e.line = :line AND e.character <= :character)) AND "
    "(e.end_line > :line OR (e.end_line = :line AND e.end_character >= :character))"
)


def nodes_at(db: sqlite3.Connection, path: str, line: int, character: int) -> list[GraphNode]:
    """What the name at a place (0-based, code points; its end counts) defines or uses.

    Several where a use may mean several things; nothing on a local variable or between names.
    """
    place = {"path": path, "line": line, "character": character}
    defined = db.execute(
        f"SELECT {COLUMNS} FROM {NODES} WHERE f.path=:path AND n.name_line=:line AND "
        "n.name_character <= :character AND n.name_end_character >= :character AND "
        "n.kind != 'MODULE'",
        place,
    ).fetchall()
    if defined:
        return [node_of(row) for row in defined]
    rows = db.execute(
        f"SELECT DISTINCT {COLUMNS}, e.end_line - e.line, e.end_character - e.character "
        "FROM edge e JOIN file u ON u.id = e.file JOIN node n ON n.id = e.target "
        "LEFT JOIN file f ON f.id = n.file "
        f"WHERE u.path=:path AND e.type NOT IN (0, 2, 3) AND {_INSIDE}",
        place,
    ).fetchall()
    if rows:
        # An implied call spans a whole expression; the name itself is the shortest place.
        smallest = min((row[-2], row[-1]) for row in rows)
        return [node_of(row[:-2]) for row in rows if (row[-2], row[-1]) == smallest]
    loose = db.execute(
        f"SELECT e.name FROM loose e JOIN file u ON u.id = e.file WHERE u.path=:path AND {_INSIDE}",
        place,
    ).fetchone()
    return methods_named(db, loose[0]) if loose else []


def definition_around(db: sqlite3.Connection, path: str, line: int) -> GraphNode | None:
    """The innermost function, class or module of ``path`` that holds ``line``."""
    row = db.execute(
        f"SELECT {COLUMNS} FROM {NODES} WHERE f.path=? AND n.line <= ? AND n.end_line >= ? AND "
        "n.kind IN ('MODULE', 'CLASS', 'FUNCTION', 'METHOD') "
        "ORDER BY n.end_line - n.line, n.line DESC, n.id DESC LIMIT 1",
        (path, line, line),
    ).fetchone()
    return node_of(row) if row else None


def symbols(db: sqlite3.Connection, query: str, most: int) -> list[GraphNode]:
    """Definitions of the project whose name holds the letters of ``query`` in order, best first.

    Exact names first, then beginnings, then parts, then scattered letters; shorter before longer.
    A dotted query is looked for in the qualified name.
    """
    query = query.encode("utf-8", "replace").decode()  # a client may send half of a surrogate pair
    column = "n.qualified_name" if "." in query else "n.name"
    escaped = [c if c not in "%_\\" else "\\" + c for c in query]
    rows = db.execute(
        f"SELECT {COLUMNS} FROM {NODES} WHERE n.kind != 'EXTERNAL' AND {column} LIKE ? ESCAPE '\\'",
        ("%" + "%".join(escaped) + "%",),
    )
    wanted = query.lower()

    def rank(node: GraphNode) -> tuple[object, ...]:
        name = (node.qualified_name if "." in query else node.name).lower()
        return (
            name != wanted,
            not name.startswith(wanted),
            wanted not in name,
            len(name),
            node.qualified_name,
        )

    return sorted(map(node_of, rows), key=rank)[:most]
