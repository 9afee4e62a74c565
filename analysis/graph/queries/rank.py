"""What is related to a place: personalized PageRank over the graph around it.

Forward push (Andersen, Chung & Lang, *Local Graph Partitioning using PageRank Vectors*, FOCS 2006):
mass starts at the definition around the cursor, a share of it stays at every node it comes to, the
rest goes on along edges, and what is too little to matter is not pushed. Only the neighbourhood is
read from the store, so it takes milliseconds in a project of any size.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from dataclasses import dataclass

from analysis.graph.queries.naming import GraphNode, node_by_id
from analysis.graph.storage.store import CODES

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
