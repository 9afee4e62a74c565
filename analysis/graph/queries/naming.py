"""Which node a person means by a name (a qualified one, or its end), or by a place in a file."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import AnalysisError
from analysis.graph.facts import Span

COLUMNS = (
    "n.id, n.kind, n.name, n.qualified_name, coalesce(f.path, ''), n.line, n.character, "
    "n.end_line, n.end_character, n.name_line, n.name_character, n.name_end_line, "
    "n.name_end_character, n.signature, n.docstring, n.package, n.version"
)
NODES = "node n LEFT JOIN file f ON f.id = n.file"
_MOST_NAMED = 5


class UnknownNameError(AnalysisError):
    """No node has the name, or several have."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of the graph. ``path`` is absolute; ``""`` outside of the project, where ``package``
    and ``version`` say what it belongs to. Spans are 0-based lines and code points."""

    id: int
    kind: str
    name: str
    qualified_name: str
    path: str
    span: Span
    name_span: Span
    signature: str
    docstring: str
    package: str
    version: str


def node_of(row: Sequence[Any]) -> GraphNode:
    """A row of :data:`COLUMNS` as a value."""
    values: list[Any] = [0 if value is None else value for value in row]
    number, kind, name, qualified_name, path, a, b, c, d, e, f, g, h, *rest = values
    return GraphNode(number, kind, name, qualified_name, path, (a, b, c, d), (e, f, g, h), *rest)


def node_by_id(db: sqlite3.Connection, number: int) -> GraphNode | None:
    """The node with this number."""
    row = db.execute(f"SELECT {COLUMNS} FROM {NODES} WHERE n.id=?", (number,)).fetchone()
    return node_of(row) if row else None


def find(db: sqlite3.Connection, name: str, kinds: Collection[str] = ()) -> GraphNode:
    """The one node that ``name`` names: its qualified name, or an end of it behind a dot.

    Of several, those of ``kinds`` and those of the project go first. Raises
    :class:`UnknownNameError` with the nearest names where there is none, and with the candidates
    where there are several.
    """
    matches = _matches(db, name, kinds)
    for narrower in (
        [n for n in matches if n.kind in kinds] if kinds else [],
        [n for n in matches if n.qualified_name == name],
        [n for n in matches if n.kind != "EXTERNAL"],
    ):
        if narrower:
            exact = [n for n in narrower if n.qualified_name == name]
            matches = exact or narrower
        if len(matches) == 1:
            return matches[0]
    if not matches:
        near = nearest(db, name)
        raise UnknownNameError(
            f"nothing in the code graph is called '{name}'",
            where=name,
            help=f"did you mean {' or '.join(near)}?"
            if near
            else "pilotfish graph stats shows what is in it; graph build DIR reads a folder",
        )
    shown = [f"{n.qualified_name} ({n.kind.lower()}, {_place(n)})" for n in matches[:_MOST_NAMED]]
    more = len(matches) - len(shown)
    raise UnknownNameError(
        f"'{name}' may be any of {len(matches)}",
        where=name,
        help="give more of the name: " + "; ".join(shown) + (f"; and {more} more" if more else ""),
    )


def _place(node: GraphNode) -> str:
    return f"{node.path}:{node.name_span[0] + 1}" if node.path else node.package or "outside"


def _matches(db: sqlite3.Connection, name: str, kinds: Collection[str]) -> list[GraphNode]:
    exact = db.execute(
        f"SELECT {COLUMNS} FROM {NODES} WHERE n.qualified_name=? ORDER BY n.id", (name,)
    ).fetchall()
    found = [node_of(row) for row in exact]
    # A module is often called as what it defines; who asks for callers means the latter.
    if found and (not kinds or any(node.kind in kinds for node in found)):
        return found
    last = name.rpartition(".")[2]
    rows = db.execute(
        f"SELECT {COLUMNS} FROM {NODES} WHERE n.name=? ORDER BY n.qualified_name", (last,)
    )
    nodes = [node_of(row) for row in rows]
    return found + [node for node in nodes if node.qualified_name.endswith("." + name)]


def nearest(db: sqlite3.Connection, name: str) -> list[str]:
    """The qualified names of the project that look most like ``name``."""
    last = name.rpartition(".")[2]
    names = [
        row[0] for row in db.execute("SELECT DISTINCT name FROM node WHERE kind != 'EXTERNAL'")
    ]
    lowered = {n.lower(): n for n in names}
    close = difflib.get_close_matches(last.lower(), lowered, 3, 0.6)
    found: list[str] = []
    for text in close:
        rows = db.execute(
            "SELECT qualified_name FROM node WHERE name=? AND kind != 'EXTERNAL'", (lowered[text],)
        )
        found += [row[0] for row in rows]
    return sorted(found, key=lambda q: -difflib.SequenceMatcher(None, q, name).ratio())[:3]


def methods_named(db: sqlite3.Connection, name: str) -> list[GraphNode]:
    """The methods of the project that are called ``name``."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM node n JOIN file f ON f.id = n.file "
        "WHERE n.name=? AND n.kind='METHOD' ORDER BY n.qualified_name",
        (name,),
    )
    return [node_of(row) for row in rows]


# -- from a place, and from typed letters


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
