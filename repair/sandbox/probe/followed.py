"""One call as it is followed: which blocks it entered, with which values, round which loops."""

from __future__ import annotations

import collections
from typing import Any

from . import values

#: Visits that are kept of a call, from its beginning and from its end.
_VISITS, _TAIL = 240, 40
#: The last calls of a function, which are told when its test has ended.
LAST_CALLS = 2
_ITERATIONS = 6


class Kept:
    """What was told of the calls of one function in one test."""

    def __init__(self) -> None:
        self.count = self.told = self.dropped = 0
        self.signatures: set[Any] = set()
        self.last: Any = collections.deque(maxlen=LAST_CALLS)


class Code:
    """One code object of the plan, made ready for looking things up."""

    def __init__(self, index: int, plan: Any) -> None:
        self.index = index
        self.kind = plan["kind"]
        self.short = plan["name"].rpartition(".")[2]
        self.first_line = 0 if self.kind == "module" else plan["first_line"]
        self.parameters = plan["parameters"]
        self.globals = frozenset(plan["globals"])
        self.blocks = plan["blocks"]
        self.successors = [[way["to"] for way in block["next"]] for block in self.blocks]
        self.lines: dict[int, Any] = {}
        for number, block in enumerate(self.blocks):
            for order, (first, last) in enumerate(block["statements"]):
                for line in range(first, last + 1):
                    self.lines.setdefault(line, []).append((number, order))

    def block_at(self, call: Any, line: int) -> Any:
        """The block that is entered at ``line``, or ``None`` where the present one goes on."""
        found = self.lines.get(line)
        if not found:
            return None
        here = call.block
        number, order = found[0]
        if len(found) > 1 and here >= 0 and (number != here or order < call.order):
            # A ``with`` and its leaving share a line: whichever can come next.
            ways = self.successors[here]
            number, order = next(((n, o) for n, o in found if n in ways and n != here), found[0])
        if number == here:
            back = order < call.order
            again = (
                order == call.order == 0
                and line == self.blocks[number]["statements"][0][0]
                and number in self.successors[number]
            )
            call.order = order
            return number if back or again else None
        call.order = order
        return number


class _Loop:
    """One loop that a call is in."""

    def __init__(self, header: int) -> None:
        self.header = header
        self.number = 0
        self.visits: list[Any] = []
        self.before: Any = None
        self.edges: set[Any] = set()
        self.kinds: Any = ()
        self.seen: set[Any] = set()
        self.told: list[int] = []

    def turn(self, sink: Any) -> None:
        """An iteration ended: keep it in ``sink`` if it shows something new."""
        if not self.number:
            return
        signature = (frozenset(self.edges), self.kinds)
        if signature not in self.seen and len(self.told) < _ITERATIONS:
            self.told.append(self.number)
            sink.extend(self.visits)
            self.before = None
        else:
            self.before = (self.number, self.visits)
        if len(self.seen) < 100:
            self.seen.add(signature)

    def leave(self, sink: Any) -> Any:
        """The loop is left: its last iterations, and what is to be said of it."""
        only_asked = len(self.visits) == 1
        if self.before is not None and (only_asked or not self.told):
            self.told.append(self.before[0])
            sink.extend(self.before[1])
        sink.extend(self.visits)
        if not only_asked:
            self.told.append(self.number)
        count = self.number - 1 if only_asked else self.number
        return {"header": self.header, "count": count, "told": self.told}


class CallUnderWay:
    """One call under way."""

    def __init__(
        self, number: int, ordinal: int, code: Any, parent: int, depth: int, thread: int
    ) -> None:
        self.number = number
        self.ordinal = ordinal
        self.code = code
        self.parent = parent
        self.depth = depth
        self.thread = thread
        self.arguments: dict[str, str] = {}
        self.suspended = False
        self.line = code.first_line
        self.block = -1
        self.order = 0
        self.visit: Any = None
        self.loops: list[Any] = []
        self.items: list[Any] = []
        self.tail: Any = collections.deque(maxlen=_TAIL)
        self.summaries: list[Any] = []
        self.edges: set[Any] = set()
        self.kinds: Any = ()
        self.left_out = 0
        #: Texts of this very moment: what leaves one block enters the next.
        self._moment: dict[str, str] = {}

    @property
    def way(self) -> Any:
        """Which ways it took: edges of the control flow."""
        return frozenset(self.edges)

    def values(self, spaces: Any, names: Any) -> dict[str, str]:
        """The texts of those of ``names`` that are bound."""
        found = {}
        for name in names:
            space = spaces[1] if name in self.code.globals else spaces[0]
            if name not in space:
                continue
            shown = self._moment.get(name)
            if shown is None:
                value = space[name]
                shown = values.at_once(type(value), value) or values.text(value)
                self._moment[name] = shown
            found[name] = shown
        return found

    def kinds_of(self, spaces: Any, names: Any) -> Any:
        """The types of those of ``names`` that are bound, for telling iterations apart."""
        return tuple(values.name_of(type(spaces[0].get(name))) for name in names)

    def enter(self, block: int, spaces: Any) -> None:
        """A block is entered, which ends the one before it."""
        plan = self.code.blocks[block]
        self._moment = {}
        self._close(spaces)
        edge = (self.block, block)
        self.edges.add(edge)
        if self.block < 0:
            self.kinds = self.kinds_of(spaces, self.code.parameters)
        for loop in self.loops:
            if len(loop.edges) < 500:
                loop.edges.add(edge)
        self._follow_loops(plan, block, spaces)
        self.block = block
        self.visit = {
            "block": block,
            "at": [loop.number for loop in self.loops],
            "in": self.values(spaces, plan["entry"]),
            "out": {},
        }
        self._sink().append(self.visit)

    def _follow_loops(self, plan: Any, block: int, spaces: Any) -> None:
        around = plan["loops"]
        same = 0
        while (
            same < len(around)
            and same < len(self.loops)
            and self.loops[same].header == around[same]
        ):
            same += 1
        while len(self.loops) > same:
            self._leave_loop()
        for header in around[same:]:
            self.loops.append(_Loop(header))
        if self.loops and self.loops[-1].header == block:
            loop = self.loops[-1]
            loop.turn(self._sink(-1))
            loop.number += 1
            loop.visits, loop.edges = [], set()
            loop.kinds = self.kinds_of(spaces, plan["entry"])

    def _leave_loop(self) -> None:
        loop = self.loops.pop()
        summary = loop.leave(self._sink())
        summary["at"] = [outer.number for outer in self.loops]
        if len(self.summaries) < 60:
            self.summaries.append(summary)

    def _sink(self, level: int = 0) -> Any:
        """Where visits go: the innermost loop's iteration, or the call's own list."""
        loops = self.loops[:level] if level else self.loops
        if loops:
            return loops[-1].visits
        if len(self.items) >= _VISITS:
            return self.tail
        return self.items

    def _close(self, spaces: Any) -> None:
        if self.visit is None:
            return
        before = self.visit["in"]
        after = self.values(spaces, self.code.blocks[self.visit["block"]]["exit"])
        self.visit["out"] = {n: v for n, v in after.items() if before.get(n) != v}
        self.visit = None

    def leave(self, spaces: Any) -> None:
        """The call ends."""
        self._moment = {}
        self._close(spaces)
        while self.loops:
            self._leave_loop()

    def visit_place(self) -> Any:
        """Where it is, for the first time there."""
        return {"code": self.code.index, "block": self.block, "in": self.visit["in"]}

    def told(self, how: str) -> Any:
        """The event that tells of it."""
        visits = list(self.items) + list(self.tail)
        summaries = list(self.summaries)
        for depth, loop in enumerate(list(self.loops)):
            if loop.before is not None and len(loop.visits) <= 1:
                visits.extend(loop.before[1])
            visits.extend(loop.visits)
            summaries.append(
                {
                    "header": loop.header,
                    "count": loop.number,
                    "told": loop.told + [loop.number],
                    "at": [outer.number for outer in self.loops[:depth]],
                    "open": True,
                }
            )
        event = {
            "trace": "call",
            "id": self.number,
            "code": self.code.index,
            "parent": self.parent,
            "depth": self.depth,
            "thread": self.thread,
            "how": "suspended" if how == "running" and self.suspended else how,
            "line": self.line,
            "args": self.arguments,
            "visits": visits[-(_VISITS + _TAIL) :],
            "loops": summaries,
        }
        if how == "running":
            event["open"] = True
        return event
