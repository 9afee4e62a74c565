"""Steps over many nodes at once: what calls any of these, what any of these calls.

The questions that walk far (``impact``, ``path``) ask for a whole frontier with a few queries and
carry numbers only; the nodes are read when the answer is known.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from analysis.graph.queries.naming import COLUMNS, NODES, GraphNode, node_of
from analysis.graph.store import CODES, generation

# -- the methods of a project by name, and which stand in the place of which in subclasses


_INHERITS, _CALL, _READ = CODES["INHERITS"], CODES["call"], CODES["read"]
#: A name that more methods of the project have says nothing about which is meant.
MOST_BY_NAME = 8


def is_special(name: str) -> bool:
    """Whether Python calls methods of this name by itself: every class may have one."""
    return name.startswith("__") and name.endswith("__")


class Methods:
    """All methods but special ones, read at once: some thousands, in milliseconds."""

    def __init__(self, db: sqlite3.Connection) -> None:
        #: Method → its class and its name.
        self.owner: dict[int, tuple[int, str]] = {}
        #: Those that run when they are read.
        self.properties: set[int] = set()
        self._named: dict[str, list[int]] = defaultdict(list)
        self._of: dict[int, dict[str, list[int]]] = {}
        self._above: dict[int, list[int]] = defaultdict(list)
        self._below: dict[int, list[int]] = defaultdict(list)
        self._families: dict[tuple[int, bool], list[int]] = {}
        rows = db.execute(
            "SELECT id, parent, name, property FROM node WHERE kind='METHOD' ORDER BY id"
        )
        for number, owner, name, is_property in rows:
            if is_property:
                self.properties.add(number)
            if not is_special(name):
                self.owner[number] = owner, name
                self._named[name].append(number)
                self._of.setdefault(owner, {}).setdefault(name, []).append(number)
        for inner, outer in db.execute(
            "SELECT source, target FROM edge WHERE type=?", (_INHERITS,)
        ):
            self._above[inner].append(outer)
            self._below[outer].append(inner)

    def named(self, name: str) -> list[int]:
        """The methods called ``name``, where they are few enough to say something."""
        found = self._named.get(name, [])
        return found if len(found) <= MOST_BY_NAME else []

    def meant(self, name: str, code: int, types: Collection[int]) -> Iterator[tuple[int, int]]:
        """The methods that an attribute ``name`` of something unknown may be, used by ``code``,
        each with the type of the edge: of ``types``. Reading a property is calling it."""
        for method in self.named(name):
            if code in types:
                yield method, code
            if code == _READ and _CALL in types and method in self.properties:
                yield method, _CALL

    def overridden(self, method: int) -> list[int]:
        """The methods of classes above that ``method`` stands in the place of."""
        return self._beside(method, up=True)

    def overriding(self, method: int) -> list[int]:
        """The methods of classes below that stand in the place of ``method``."""
        return self._beside(method, up=False)

    def _beside(self, method: int, up: bool) -> list[int]:
        known = self.owner.get(method)
        if known is None:
            return []
        owner, name = known
        family = self._family(owner, up)
        return [n for each in family if each in self._of for n in self._of[each].get(name, ())]

    def _family(self, owner: int, up: bool) -> list[int]:
        known = self._families.get((owner, up))
        if known is None:
            step = self._above if up else self._below
            seen = {owner: None}
            pending = [owner]
            while pending:
                for other in step.get(pending.pop(), ()):
                    if other not in seen:
                        seen[other] = None
                        pending.append(other)
            known = self._families[owner, up] = list(seen)[1:]
        return known


#: SQLite takes as many parameters at once as this in every build.
_AT_ONCE = 500

Value = TypeVar("Value")
#: (from, to, whether the step rests on a name alone)
Step = tuple[int, int, bool]


class Walks:
    """What has been looked up of one state of a store, kept from question to question.

    Walks of different questions meet in the same few hubs: what is kept makes the second quick.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._generation = -1
        self._methods: Methods | None = None
        self._walkers: dict[tuple[int, ...], Walker] = {}
        self._nodes: dict[int, GraphNode] = {}

    def walker(self, types: tuple[int, ...]) -> Walker:
        """Steps along edges of ``types``, of the store as it is now."""
        now = generation(self._db)
        if now != self._generation:
            self._generation = now
            self._methods = None
            self._walkers.clear()
            self._nodes.clear()
        if self._methods is None:
            self._methods = Methods(self._db)
        walker = self._walkers.get(types)
        if walker is None:
            walker = self._walkers[types] = Walker(self._db, types, self._methods)
        return walker

    def nodes(self, numbers: Iterable[int]) -> Iterator[GraphNode]:
        """The nodes with these numbers, as of the walker asked for last; those gone left out."""
        wanted = list(numbers)
        for part in _parts(number for number in wanted if number not in self._nodes):
            rows = self._db.execute(
                f"SELECT {COLUMNS} FROM {NODES} WHERE n.id IN ({_marks(part)})", part
            )
            self._nodes.update((node.id, node) for node in map(node_of, rows))
        return (self._nodes[number] for number in wanted if number in self._nodes)


class Walker:
    """Steps along edges of ``types``; remembers what it has looked up."""

    def __init__(self, db: sqlite3.Connection, types: tuple[int, ...], methods: Methods) -> None:
        self._db = db
        self._types = types
        self._methods = methods
        self._into: dict[int, list[tuple[int, bool]]] = {}
        self._out: dict[int, list[tuple[int, bool]]] = {}

    def incoming(self, nodes: Collection[int]) -> Iterator[Step]:
        """Steps (user, one of ``nodes``)."""
        new = [node for node in nodes if node not in self._into]
        self._into.update((node, []) for node in new)
        for user, used, by_name in self._find_incoming(new):
            self._into[used].append((user, by_name))
        for node in nodes:
            for user, by_name in self._into[node]:
                yield user, node, by_name

    def outgoing(self, nodes: Collection[int]) -> Iterator[Step]:
        """Steps (one of ``nodes``, what it uses)."""
        new = [node for node in nodes if node not in self._out]
        self._out.update((node, []) for node in new)
        for user, used, by_name in self._find_outgoing(new):
            self._out[user].append((used, by_name))
        for node in nodes:
            for used, by_name in self._out[node]:
                yield node, used, by_name

    def _find_incoming(self, nodes: Collection[int]) -> Iterator[Step]:
        yield from self._edges("target", nodes, False)
        overridden: dict[int, list[int]] = {}
        meant: dict[str, set[int]] = {}
        for number in nodes:
            for above in self._methods.overridden(number):
                overridden.setdefault(above, []).append(number)
            _, name = self._methods.owner.get(number, (0, ""))
            if number in self._methods.named(name):
                meant.setdefault(name, set()).add(number)
        for source, target, _ in self._edges("target", list(overridden), True):
            for number in overridden[target]:
                yield source, number, True
        for source, name, code in self._loose("name", list(meant)):
            for number, _ in self._methods.meant(name, code, self._types):
                if number in meant[name]:
                    yield source, number, True

    def _find_outgoing(self, nodes: Collection[int]) -> Iterator[Step]:
        yield from self._edges("source", nodes, False)
        for source, target, _ in self._edges("source", nodes, True):
            for below in self._methods.overriding(target):
                yield source, below, True
        for source, name, code in self._loose("source", nodes):
            for target, _ in self._methods.meant(name, code, self._types):
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

    def _loose(self, column: str, values: Collection[object]) -> Iterator[tuple[int, str, int]]:
        types = (*self._types, CODES["read"])  # of a property: a call
        for part in _parts(values):
            rows = self._db.execute(
                f"SELECT DISTINCT source, name, type FROM loose WHERE {column} IN ({_marks(part)}) "
                f"AND type IN ({_marks(types)})",
                (*part, *types),
            )
            yield from rows.fetchall()


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
    start: int, step: Callable[[list[int], int], Iterable[Step]], most: int = 10_000
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


def _parts(every: Iterable[Value]) -> Iterator[list[Value]]:
    values = list(every)
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
