"""The methods of a project by name, and which stand in the place of which in subclasses."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator

from analysis.graph.storage.store import CODES

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
