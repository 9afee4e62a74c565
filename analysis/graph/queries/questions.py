"""The everyday questions: who calls, what is called, what inherits, what uses, what a change hits.

Edges that are sure are stored. What rests on a name alone is joined when asked: a call of a method
of something unknown may mean any method of the project that has its name (while few have), and a
call of a method on an instance may mean what a subclass put in its place. Both say ``by name``.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from analysis.graph.facts import Span
from analysis.graph.queries.naming import (
    COLUMNS,
    NODES,
    GraphNode,
    methods_named,
    node_by_id,
    node_of,
)
from analysis.graph.queries.walking import MOST_BY_NAME, Step, Walks, is_special, shortest, spread
from analysis.graph.store import CODES, EDGES

# -- what is related to a place: personalized PageRank over the graph around it
#
# Forward push (Andersen, Chung & Lang, *Local Graph Partitioning using PageRank Vectors*, FOCS
# 2006): mass starts at the definition around the cursor, a share of it stays at every node it comes
# to, the rest goes on along edges, and what is too little to matter is not pushed. Only the
# neighbourhood is read from the store, so it takes milliseconds in a project of any size.


#: The share of mass that stays: the usual damping factor of .85 (Brin & Page 1998).
_STAYS = 0.15
#: Mass for each edge of a node below which it is not pushed on.
_TOO_LITTLE = 2e-4
#: How much an edge carries along its direction: what a signature names, and what is called, says
#: more about the code at the cursor than what it imports or writes.
_ALONG = {
    "call": 1.0,
    "annotate": 1.0,
    "INHERITS": 1.0,
    "decorate": 0.5,
    "raise": 0.5,
    "read": 0.5,
    "write": 0.5,
    "import": 0.3,
    "HAS_METHOD": 0.3,
    "HAS_FIELD": 0.3,
    "CONTAINS": 0.1,
}
#: And against it: who uses this shows how it is meant.
_AGAINST = {
    "call": 0.3,
    "annotate": 0.2,
    "INHERITS": 0.3,
    "read": 0.1,
    "HAS_METHOD": 1.0,
    "HAS_FIELD": 0.5,
    "CONTAINS": 0.3,
}
_NAMES = {code: name for name, code in CODES.items()}
#: A node that very many use (a logger, a base of everything) leads nowhere in particular.
_MOST_NEIGHBOURS = 400


@dataclass(frozen=True, slots=True)
class RankedNode:
    """A node and its share of the mass, from 0 to 1."""

    node: GraphNode
    score: float


def related(db: sqlite3.Connection, start: dict[int, float], most: int) -> list[RankedNode]:
    """The ``most`` nodes of the project nearest to ``start`` (node → share of the mass)."""
    rest: dict[int, float] = defaultdict(float, start)
    kept: dict[int, float] = defaultdict(float)
    pending = deque(start)
    waiting = set(start)
    while pending:
        here = pending.popleft()
        waiting.discard(here)
        neighbours = _neighbours(db, here)
        mass = rest[here]
        if mass < _TOO_LITTLE * max(1, len(neighbours)) and here not in start:
            continue
        rest[here] = 0.0
        kept[here] += mass * _STAYS
        total = sum(neighbours.values())
        for neighbour, weight in neighbours.items():
            rest[neighbour] += mass * (1 - _STAYS) * weight / total
            if neighbour not in waiting and rest[neighbour] >= _TOO_LITTLE:
                waiting.add(neighbour)
                pending.append(neighbour)
        if len(kept) > 4 * _MOST_NEIGHBOURS:
            break
    best = sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    found: list[RankedNode] = []
    for number, score in best:
        node = node_by_id(db, number)
        if node is not None and node.kind not in ("EXTERNAL", "MODULE") and number not in start:
            found.append(RankedNode(node, score))
            if len(found) == most:
                break
    return found


def _neighbours(db: sqlite3.Connection, node: int) -> dict[int, float]:
    weights: dict[int, float] = defaultdict(float)
    rows = db.execute("SELECT target, type FROM edge WHERE source=?", (node,))
    for target, code in rows.fetchmany(_MOST_NEIGHBOURS):
        weights[target] = max(weights[target], _ALONG[_NAMES[code]])
    rows = db.execute("SELECT source, type FROM edge WHERE target=?", (node,))
    for source, code in rows.fetchmany(_MOST_NEIGHBOURS):
        weight = _AGAINST.get(_NAMES[code], 0.0)
        if weight:
            weights[source] = max(weights[source], weight)
    weights.pop(node, None)
    return weights


EXACT, BY_NAME = "exact", "by name"
_CALLS = tuple(CODES[kind] for kind in ("call", "decorate", "raise"))
_USES = tuple(CODES[kind] for kind in EDGES[4:])
CALLABLE = ("FUNCTION", "METHOD", "CLASS")
_INHERITS, _CALL = CODES["INHERITS"], CODES["call"]


@dataclass(frozen=True, slots=True)
class GraphUse:
    """``node`` at the other end of an edge, and the place in ``path`` where it is used."""

    node: GraphNode
    kind: str
    how: str
    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reached:
    """A node and how many steps away it is; ``how`` is ``by name`` where one step rests on that."""

    node: GraphNode
    distance: int
    how: str


@dataclass(frozen=True, slots=True)
class Near:
    """A function of the file ``path``, ``qualname`` within it, and how many steps away it is."""

    path: str
    qualname: str
    distance: int


def callers(db: sqlite3.Connection, node: GraphNode) -> list[GraphUse]:
    """What calls ``node`` (raises it, decorates with it), one for each place."""
    return _incoming(db, node, _CALLS)


def uses(db: sqlite3.Connection, node: GraphNode) -> list[GraphUse]:
    """Every use of ``node``."""
    return _incoming(db, node, _USES)


def callees(db: sqlite3.Connection, node: GraphNode) -> list[GraphUse]:
    """What ``node`` calls, one for each place; of a class, what its methods call."""
    sources = [node.id]
    if node.kind == "CLASS":
        sources += [
            row[0]
            for row in db.execute(
                "SELECT target FROM edge WHERE source=? AND type=?", (node.id, CODES["HAS_METHOD"])
            )
        ]
    found: dict[tuple[int, str, Span], GraphUse] = {}
    for source in sources:
        for use in _outgoing(db, source, node.path):
            found.setdefault((use.node.id, use.kind, use.span), use)
    return sorted(found.values(), key=lambda use: (use.span, use.how, use.node.qualified_name))


def _marks(values: Iterable[object]) -> str:
    return ",".join("?" * len(tuple(values)))


def _incoming(db: sqlite3.Connection, node: GraphNode, types: tuple[int, ...]) -> list[GraphUse]:
    found: dict[tuple[int, str, Span], GraphUse] = {}

    def add(rows: Iterable[tuple[object, ...]], how: str) -> None:
        for row in rows:
            kind, path, span, source = _site(row)
            found.setdefault((source.id, kind, span), GraphUse(source, kind, how, path, span))

    chosen = (
        "SELECT e.type, f.path, e.line, e.character, e.end_line, e.end_character, "
        f"{COLUMNS} FROM edge e JOIN node n ON n.id = e.source JOIN file f ON f.id = e.file "
    )
    add(
        db.execute(
            f"{chosen} WHERE e.target=? AND e.type IN ({_marks(types)}) "
            "ORDER BY f.path, e.line, e.character",
            (node.id, *types),
        ),
        EXACT,
    )
    if node.kind != "METHOD" or is_special(node.name):
        return list(found.values())
    overridden = overridden_by(db, node)
    if overridden:
        add(
            db.execute(
                f"{chosen} WHERE e.target IN ({_marks(overridden)}) AND e.virtual=1 AND "
                f"e.type IN ({_marks(types)}) ORDER BY f.path, e.line, e.character",
                (*overridden, *types),
            ),
            BY_NAME,
        )
    if _is_telling(db, node.name):
        if _CALL in types and _is_property(db, node.id):
            add(
                db.execute(
                    "SELECT ?, f.path, e.line, e.character, e.end_line, e.end_character, "
                    f"{COLUMNS} FROM loose e JOIN node n ON n.id = e.source "
                    "JOIN file f ON f.id = e.file WHERE e.name=? AND e.type=? "
                    "ORDER BY f.path, e.line, e.character",
                    (_CALL, node.name, CODES["read"]),
                ),
                BY_NAME,
            )
        add(
            db.execute(
                "SELECT e.type, f.path, e.line, e.character, e.end_line, e.end_character, "
                f"{COLUMNS} FROM loose e JOIN node n ON n.id = e.source JOIN file f ON "
                f"f.id = e.file WHERE e.name=? AND e.type IN ({_marks(types)}) "
                "ORDER BY f.path, e.line, e.character",
                (node.name, *types),
            ),
            BY_NAME,
        )
    return list(found.values())


def _site(row: tuple[object, ...]) -> tuple[str, str, Span, GraphNode]:
    kind, path, *span = row[:6]
    return EDGES[int(str(kind))], str(path), tuple(span), node_of(row[6:])  # type: ignore[return-value]


def _outgoing(
    db: sqlite3.Connection, source: int, path: str, types: tuple[int, ...] = _CALLS
) -> list[GraphUse]:
    found: list[GraphUse] = []
    rows = db.execute(
        "SELECT e.type, coalesce(f.path, ''), e.line, e.character, e.end_line, e.end_character, "
        f"{COLUMNS}, e.virtual FROM edge e JOIN node n ON n.id = e.target LEFT JOIN file f ON "
        f"f.id = n.file WHERE e.source=? AND e.type IN ({_marks(types)})",
        (source, *types),
    ).fetchall()
    for row in rows:
        kind, _, span, target = _site(row[:-1])
        found.append(GraphUse(target, kind, EXACT, path, span))
        if row[-1] and target.kind == "METHOD" and not is_special(target.name):
            found += [GraphUse(over, kind, BY_NAME, path, span) for over in overriding(db, target)]
    for name, code, *place in db.execute(
        "SELECT name, type, line, character, end_line, end_character FROM loose WHERE source=? "
        f"AND type IN ({_marks(types)}, ?)",
        (source, *types, CODES["read"]),
    ).fetchall():
        for target in methods_named(db, name) if _is_telling(db, name) else ():
            at: Span = tuple(place)
            if code in types:
                found.append(GraphUse(target, EDGES[code], BY_NAME, path, at))
            if code == CODES["read"] and _CALL in types and _is_property(db, target.id):
                found.append(GraphUse(target, EDGES[_CALL], BY_NAME, path, at))
    return found


def _is_property(db: sqlite3.Connection, node: int) -> bool:
    return bool(db.execute("SELECT property FROM node WHERE id=?", (node,)).fetchone()[0])


def _is_telling(db: sqlite3.Connection, name: str) -> bool:
    if is_special(name):
        return False
    count: int = db.execute(
        "SELECT count(*) FROM node WHERE name=? AND kind='METHOD'", (name,)
    ).fetchone()[0]
    return count <= MOST_BY_NAME


def _up(db: sqlite3.Connection, owner: int) -> list[int]:
    return _closure(db, owner, "SELECT target FROM edge WHERE source=? AND type=?")


def _down(db: sqlite3.Connection, owner: int) -> list[int]:
    return _closure(db, owner, "SELECT source FROM edge WHERE target=? AND type=?")


def _closure(db: sqlite3.Connection, start: int, query: str) -> list[int]:
    seen = {start: None}
    pending = deque([start])
    while pending:
        for (found,) in db.execute(query, (pending.popleft(), _INHERITS)):
            if found not in seen:
                seen[found] = None
                pending.append(found)
    return list(seen)[1:]


def _methods(db: sqlite3.Connection, owners: list[int], name: str) -> list[GraphNode]:
    return [
        node_of(row)
        for owner in owners
        for row in db.execute(
            f"SELECT {COLUMNS} FROM node n JOIN file f ON f.id = n.file "
            "WHERE n.parent=? AND n.name=? AND n.kind='METHOD'",
            (owner, name),
        )
    ]


def _owner(db: sqlite3.Connection, node: GraphNode) -> int:
    row = db.execute("SELECT parent FROM node WHERE id=?", (node.id,)).fetchone()
    return row[0] or 0 if row else 0


def overridden_by(db: sqlite3.Connection, method: GraphNode) -> list[int]:
    """The methods of base classes in whose place ``method`` stands."""
    return [node.id for node in _methods(db, _up(db, _owner(db, method)), method.name)]


def overriding(db: sqlite3.Connection, method: GraphNode) -> list[GraphNode]:
    """The methods of subclasses that stand in the place of ``method``."""
    return _methods(db, _down(db, _owner(db, method)), method.name)


def subclasses(walks: Walks, node: GraphNode) -> list[Reached]:
    """Every class that inherits from ``node``, the nearest first."""
    walker = walks.walker((_INHERITS,))
    return _reached(walks, spread(node.id, lambda frontier, _: walker.incoming(frontier)))


def impact(walks: Walks, node: GraphNode, most: int = 10_000) -> list[Reached]:
    """What a change of ``node`` may reach: its users, their callers, and so on; nearest first.

    A change of a class reaches its subclasses and what uses its methods.
    """
    further, direct = walks.walker((*_CALLS, _INHERITS)), walks.walker((*_USES, _INHERITS))
    methods = walks.walker((CODES["HAS_METHOD"],))

    def step(frontier: list[int], distance: int) -> Iterator[Step]:
        yield from (further if distance else direct).incoming(frontier)
        if distance == 0 and node.kind == "CLASS":
            for owner, method, _ in methods.outgoing(frontier):
                yield method, owner, False

    return _reached(walks, spread(node.id, step, most))


def tests_reaching(walks: Walks, node: GraphNode) -> list[Reached]:
    """The tests from which ``node`` is reached, the nearest first."""
    return [reached for reached in impact(walks, node) if is_test(reached.node)]


def reaching(
    walks: Walks, db: sqlite3.Connection, path: str, qualnames: Iterable[str]
) -> list[Near]:
    """The functions that reach one of ``qualnames`` of the file ``path``, the nearest first."""
    distances: dict[int, int] = {}
    for qualname in qualnames:
        row = db.execute(
            f"SELECT {COLUMNS} FROM {NODES} WHERE f.path=? AND n.qualname=?", (path, qualname)
        ).fetchone()
        if row is not None:
            node = node_of(row)
            distances[node.id] = 0
            for reached in impact(walks, node):
                known = distances.get(reached.node.id, reached.distance)
                distances[reached.node.id] = min(known, reached.distance)
    found = []
    for number, distance in distances.items():
        place = db.execute(
            f"SELECT f.path, n.qualname FROM {NODES} WHERE n.id=? AND n.kind IN (?, ?)",
            (number, "FUNCTION", "METHOD"),
        ).fetchone()
        if place is not None:
            found.append(Near(place[0], place[1], distance))
    return sorted(found, key=lambda near: (near.distance, near.path, near.qualname))


def is_test(node: GraphNode) -> bool:
    """Whether a test runner would collect ``node``: by the names of its file and of itself."""
    file = node.path.replace("\\", "/").rpartition("/")[2]
    return (
        node.kind in ("FUNCTION", "METHOD")
        and node.name.startswith("test")
        and (file.startswith("test") or file.endswith("_test.py"))
        and "<locals>" not in node.qualified_name
    )


def supertypes(db: sqlite3.Connection, node: GraphNode) -> list[GraphNode]:
    """The classes that ``node`` names as its bases, in order; outside ones too."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM edge e JOIN node n ON n.id = e.target LEFT JOIN file f ON "
        "f.id = n.file WHERE e.source=? AND e.type=? ORDER BY e.line, e.character",
        (node.id, _INHERITS),
    )
    return [node_of(row) for row in rows]


def _reached(walks: Walks, found: dict[int, tuple[int, bool]]) -> list[Reached]:
    reached = [
        Reached(node, found[node.id][0], BY_NAME if found[node.id][1] else EXACT)
        for node in walks.nodes(found)
    ]
    return sorted(reached, key=lambda each: (each.distance, each.node.qualified_name))


def path(walks: Walks, db: sqlite3.Connection, start: GraphNode, end: GraphNode) -> list[GraphUse]:
    """A shortest way of calls from ``start`` to ``end``; of any uses where there is none.

    Each step is the node it leads to and the place from where; empty where no way leads there.
    """
    way = shortest(walks.walker(_CALLS), start.id, end.id)
    if not way:
        way = shortest(walks.walker((*_USES, _INHERITS)), start.id, end.id)
    nodes = list(walks.nodes(way))
    return [_step(db, source, target) for source, target in pairwise(nodes)]


def _step(db: sqlite3.Connection, source: GraphNode, target: GraphNode) -> GraphUse:
    """How ``source`` uses ``target``; a call before other uses, what is sure before what is not."""
    rows = db.execute(
        "SELECT type, line, character, end_line, end_character FROM edge "
        f"WHERE source=? AND target=? AND type IN ({_marks((*_USES, _INHERITS))})",
        (source.id, target.id, *_USES, _INHERITS),
    ).fetchall()
    if rows:
        kind, *span = min(rows, key=lambda row: (row[0] not in _CALLS, row[1:]))
        return GraphUse(target, EDGES[kind], EXACT, source.path, tuple(span))
    return next(use for use in _steps(db, source) if use.node.id == target.id)


def _steps(db: sqlite3.Connection, node: GraphNode) -> Iterator[GraphUse]:
    """What ``node`` uses in any way; calls first, and what is sure before what is not."""
    called = _outgoing(db, node.id, node.path, _CALLS)
    yield from sorted(called, key=lambda use: use.how != EXACT)
    yield from _outgoing(db, node.id, node.path, (*_USES, _INHERITS))


def stats(db: sqlite3.Connection) -> dict[str, int]:
    """How many files, nodes by kind, and edges by type there are."""
    counts = {"files": db.execute("SELECT count(*) FROM file").fetchone()[0]}
    unread = db.execute("SELECT count(*) FROM file WHERE problem != ''").fetchone()[0]
    if unread:
        counts["files that cannot be read"] = unread
    counts |= dict(db.execute("SELECT kind, count(*) FROM node GROUP BY kind ORDER BY kind"))
    edges = dict(db.execute("SELECT type, count(*) FROM edge GROUP BY type ORDER BY type"))
    for code, name in enumerate(EDGES):
        if code in edges:
            counts[name if code < 4 else f"USES {name}"] = edges[code]
    counts["attributes of something unknown"] = db.execute("SELECT count(*) FROM loose").fetchone()[
        0
    ]
    return counts
