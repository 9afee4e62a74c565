"""Steps over many nodes at once: what calls any of these, what any of these calls.

The questions that walk far (``impact``, ``path``) ask for a whole frontier with a few queries and
carry numbers only; the nodes are read when the answer is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator

from analysis.graph.store import CODES

#: SQLite takes as many parameters at once as this in every build.
_AT_ONCE = 500
_INHERITS = CODES["INHERITS"]

#: (from, to, whether the step rests on a name alone)
Step = tuple[int, int, bool]


class Walker:
    """Steps along edges of ``types``; remembers what it has looked up about methods."""

    def __init__(self, db: sqlite3.Connection, types: tuple[int, ...], most_by_name: int) -> None:
        self._db = db
        self._types = types
        self._most = most_by_name
        self._telling: dict[str, list[int]] = {}
        self._classes: dict[tuple[int, bool], list[int]] = {}

    def incoming(self, nodes: Collection[int]) -> Iterator[Step]:
        """Steps (user, one of ``nodes``)."""
        yield from self._edges("target", nodes, False)
        overridden: dict[int, list[int]] = {}
        for number, parent, name in self._methods(nodes):
            for above in self._beside(parent, name, up=True):
                overridden.setdefault(above, []).append(number)
            if number in self._named(name):
                rows = self._db.execute(
                    f"SELECT DISTINCT source FROM loose WHERE name=? AND type IN ({self._marks})",
                    (name, *self._types),
                )
                for (source,) in rows:
                    yield source, number, True
        for source, target, _ in self._edges("target", list(overridden), True):
            for number in overridden[target]:
                yield source, number, True

    def outgoing(self, nodes: Collection[int]) -> Iterator[Step]:
        """Steps (one of ``nodes``, what it uses)."""
        yield from self._edges("source", nodes, False)
        callers: dict[int, list[int]] = {}
        for source, target, _ in self._edges("source", nodes, True):
            callers.setdefault(target, []).append(source)
        for number, parent, name in self._methods(list(callers)):
            for below in self._beside(parent, name, up=False):
                for source in callers[number]:
                    yield source, below, True
        for part in _parts(nodes):
            rows = self._db.execute(
                f"SELECT DISTINCT source, name FROM loose WHERE source IN ({_marks(part)}) "
                f"AND type IN ({self._marks})",
                (*part, *self._types),
            ).fetchall()
            for source, name in rows:
                for target in self._named(name):
                    yield source, target, True

    @property
    def _marks(self) -> str:
        return _marks(self._types)

    def _edges(self, end: str, nodes: Collection[int], virtual: bool) -> Iterator[Step]:
        only = "AND virtual=1" if virtual else ""
        for part in _parts(nodes):
            rows = self._db.execute(
                f"SELECT DISTINCT source, target FROM edge WHERE {end} IN ({_marks(part)}) "
                f"AND type IN ({self._marks}) {only}",
                (*part, *self._types),
            ).fetchall()
            for source, target in rows:
                yield source, target, False

    def _methods(self, nodes: Collection[int]) -> Iterator[tuple[int, int, str]]:
        for part in _parts(nodes):
            rows = self._db.execute(
                f"SELECT id, parent, name FROM node WHERE id IN ({_marks(part)}) AND kind='METHOD'",
                part,
            ).fetchall()
            for number, parent, name in rows:
                if not (name.startswith("__") and name.endswith("__")):
                    yield number, parent, name

    def _named(self, name: str) -> list[int]:
        """The methods called ``name``, where they are few enough to say something."""
        known = self._telling.get(name)
        if known is None:
            special = name.startswith("__") and name.endswith("__")
            rows = self._db.execute(
                "SELECT id FROM node WHERE name=? AND kind='METHOD' LIMIT ?",
                (name, self._most + 1),
            ).fetchall()
            few = not special and len(rows) <= self._most
            known = self._telling[name] = [row[0] for row in rows] if few else []
        return known

    def _beside(self, owner: int, name: str, up: bool) -> list[int]:
        """Methods ``name`` of the classes above or below ``owner``."""
        found: list[int] = []
        for part in _parts(self._family(owner, up)):
            rows = self._db.execute(
                "SELECT id FROM node WHERE name=? AND kind='METHOD' "
                f"AND parent IN ({_marks(part)})",
                (name, *part),
            )
            found += [row[0] for row in rows]
        return found

    def _family(self, owner: int, up: bool) -> list[int]:
        known = self._classes.get((owner, up))
        if known is None:
            ends = ("target", "source") if up else ("source", "target")
            query = f"SELECT {ends[0]} FROM edge WHERE {ends[1]}=? AND type=?"
            seen = {owner: None}
            pending = [owner]
            while pending:
                for (other,) in self._db.execute(query, (pending.pop(), _INHERITS)).fetchall():
                    if other not in seen:
                        seen[other] = None
                        pending.append(other)
            known = self._classes[owner, up] = list(seen)[1:]
        return known


def shortest(walker: Walker, start: int, end: int) -> list[int]:
    """The nodes of a shortest way from ``start`` to ``end``, both included; empty where none is.

    Searched from both ends at once, the smaller frontier first.
    """
    if start == end:
        return [start]
    came: dict[int, int] = {start: 0}
    goes: dict[int, int] = {end: 0}
    ahead, behind = [start], [end]
    while ahead and behind:
        if len(ahead) <= len(behind):
            ahead = _grow(walker.outgoing(ahead), came, 0)
            met = [node for node in ahead if node in goes]
        else:
            behind = _grow(walker.incoming(behind), goes, 1)
            met = [node for node in behind if node in came]
        if met:
            return _joined(met[0], came, goes)
    return []


def _grow(steps: Iterable[Step], seen: dict[int, int], end: int) -> list[int]:
    found = []
    for step in steps:
        known, new = step[end], step[1 - end]
        if new not in seen:
            seen[new] = known
            found.append(new)
    return found


def _joined(middle: int, came: dict[int, int], goes: dict[int, int]) -> list[int]:
    way = [middle]
    while came[way[0]]:
        way.insert(0, came[way[0]])
    while goes[way[-1]]:
        way.append(goes[way[-1]])
    return way


def spread(
    start: int, step: Callable[[list[int], int], Iterable[Step]], most: int
) -> dict[int, tuple[int, bool]]:
    """Node → (distance, whether by name) of all that ``step(frontier, distance)`` reaches."""
    found: dict[int, tuple[int, bool]] = {start: (0, False)}
    frontier, distance = [start], 0
    while frontier and len(found) < most:
        reached: dict[int, bool] = {}
        for user, used, by_name in step(frontier, distance):
            if user not in found:
                doubtful = by_name or found[used][1]
                reached[user] = reached.get(user, True) and doubtful
        distance += 1
        for user, doubtful in reached.items():
            found[user] = distance, doubtful
        frontier = list(reached)
    del found[start]
    return found


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def _parts(nodes: Iterable[int]) -> Iterator[list[int]]:
    values = list(nodes)
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
