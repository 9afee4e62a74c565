"""A traced run as values: calls, their visits of blocks, and the loops that were summarized.

Values of variables are texts that the probe made, bounded in depth, length and size. Lines are
0-based. A block is named by its code object and its id there (``analysis.views.plan``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Visit:
    """One execution of a block.

    ``iteration`` numbers the iteration of each loop around it, outermost first, from 1. ``entry``
    are the live names before it, ``exit`` those that were bound or changed by it. ``raised`` is
    the exception that left it or was caught, at ``line``; ``yielded`` what it gave out.
    """

    block: int
    iteration: tuple[int, ...] = ()
    entry: Mapping[str, str] = field(default_factory=dict)
    exit: Mapping[str, str] = field(default_factory=dict)
    raised: str = ""
    line: int = -1
    yielded: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """One time a loop was run: ``count`` iterations, of which ``told`` are in the trace.

    ``iteration`` is where it stands in the loops around it; ``open`` when it had not ended.
    """

    header: int
    count: int
    told: tuple[int, ...]
    iteration: tuple[int, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One call of a code object.

    ``how``: ``returned``, ``raised``, ``closed`` (a generator that was dropped), ``suspended`` or
    ``running`` when the trace ended. ``parent`` is the id of the call in the same file that it was
    made from, 0 if none; ``depth`` how many calls of the same code were under way; ``line`` where
    it was last.
    """

    id: int
    code: int
    parent: int
    depth: int
    thread: int
    how: str
    line: int
    arguments: Mapping[str, str]
    visits: tuple[Visit, ...] = ()
    loops: tuple[Loop, ...] = ()
    value: str = ""
    exception: str = ""


@dataclass(frozen=True, slots=True)
class TestTrace:
    """What one test did in the file, calls in the order in which they began.

    ``calls_made`` counts all calls, ``steps`` all block visits, told or not. ``cut`` says what
    bound ended the trace early (``time``, ``steps``, ``bytes``, ``killed``), ``""`` for none.
    """

    __test__ = False  # pytest would collect it by its name

    test: str
    calls: tuple[TracedCall, ...] = ()
    calls_made: int = 0
    steps: int = 0
    cut: str = ""

    def blocks(self) -> frozenset[tuple[int, int]]:
        """The blocks that the told calls visited, each as code object and block."""
        return frozenset((call.code, visit.block) for call in self.calls for visit in call.visits)


def traces(events: Sequence[Mapping[str, Any]]) -> tuple[TestTrace, ...]:
    """The traces that the probe's events tell, one for each test, in order.

    A test that never ended (it was killed) has what was told of it until then.
    """
    found: list[TestTrace] = []
    gathering = _Gathering()
    for event in events:
        match event["trace"]:
            case "begin":
                if event["fresh"]:
                    gathering = _Gathering()
                gathering.test = event["test"]
            case "at":
                gathering.met(event)
            case "call":
                gathering.calls[event["id"]] = _call(event)
            case "stop":
                gathering.cut = event["why"]
            case "end":
                gathering.test = event["test"]
                gathering.made, gathering.steps = event["calls"], event["steps"]
                found.append(gathering.ended(""))
                gathering = _Gathering()
    if gathering.test or gathering.calls:
        found.append(gathering.ended("killed"))
    return tuple(found)


class _Gathering:
    def __init__(self) -> None:
        self.test = ""
        self.calls: dict[int, TracedCall] = {}
        self.cut = ""
        self.made = self.steps = 0

    def met(self, event: Mapping[str, Any]) -> None:
        """A block was met for the first time: all that is known where a crash came next."""
        known = self.calls.get(event["call"])
        visit = Visit(event["block"], entry=event["in"])
        visits = (*known.visits, visit) if known else (visit,)
        self.calls[event["call"]] = TracedCall(
            event["call"], event["code"], 0, 0, 0, "running", -1, {}, visits
        )

    def ended(self, cut: str) -> TestTrace:
        calls = tuple(self.calls[number] for number in sorted(self.calls))
        made = max(self.made, len(calls))
        return TestTrace(self.test, calls, made, self.steps, self.cut or cut)


def _call(event: Mapping[str, Any]) -> TracedCall:
    return TracedCall(
        id=event["id"],
        code=event["code"],
        parent=event["parent"],
        depth=event["depth"],
        thread=event["thread"],
        how=event["how"],
        line=event["line"],
        arguments=event["args"],
        visits=tuple(map(_visit, event["visits"])),
        loops=tuple(
            Loop(
                loop["header"],
                loop["count"],
                tuple(loop["told"]),
                tuple(loop["at"]),
                loop.get("open", False),
            )
            for loop in event["loops"]
        ),
        value=event.get("value", ""),
        exception=event.get("exception", ""),
    )


def _visit(event: Mapping[str, Any]) -> Visit:
    return Visit(
        event["block"],
        tuple(event["at"]),
        event["in"],
        event["out"],
        event.get("raised", ""),
        event.get("line", -1),
        event.get("yielded", ""),
    )
