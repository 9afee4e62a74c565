"""Answers of the probe as values. Code under test can write them too: nothing of them is believed
before its type, and no number is taken that no line or block can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from repair.sandbox.run import Behaviour, FailedTest, Outcome, Place, Run, TestResult

_Number = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
_Line = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
#: Calls are numbered from 1, since 0 is the parent of who has none.
_CallId = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
#: Lines of a trace are counted from 0; -1 is none.
_TracedLine = Annotated[int, msgspec.Meta(ge=-1, lt=2**31)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, lt=2**31)]
_Value = TypeVar("_Value")


class _Detail(msgspec.Struct):
    exception: str
    message: str
    frames: tuple[tuple[str, _Line, str], ...]
    lines: tuple[_Line, ...]
    script_line: _Line = 0
    absent: str = ""
    present: tuple[str, ...] = ()


class _Test(msgspec.Struct):
    test: str
    outcome: Outcome
    seconds: _Seconds
    detail: _Detail | None = None
    lines: frozenset[_Line] = frozenset()
    places: frozenset[tuple[_Line, _Line, _Line, _Line]] = frozenset()
    steps: tuple[tuple[_Line, frozenset[_Line]], ...] = ()


class _Facts(msgspec.Struct):
    collected: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    root: str = ""
    files: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    modules: tuple[tuple[str, str], ...] = ()
    patterns: tuple[tuple[str, bool, int], ...] = ()
    cannot: str = ""
    wrote: bool = False


class _Run(msgspec.Struct):
    ended: Literal["done", "timeout", "early", "crash"]
    code: _Number | None
    output: str
    seconds: _Seconds
    events: tuple[dict[str, Any], ...] = ()
    hits: tuple[tuple[_Line, Annotated[int, msgspec.Meta(ge=0)]], ...] = ()
    last: _Line = 0


class _Begin(msgspec.Struct, tag="begin", tag_field="trace"):
    test: str
    fresh: bool


class _At(msgspec.Struct, tag="at", tag_field="trace", rename={"entry": "in"}):
    call: _CallId
    code: _Count
    block: _Count
    entry: dict[str, str]


class _Visit(msgspec.Struct, rename={"entry": "in"}):
    block: _Count
    at: tuple[_Count, ...]
    entry: dict[str, str]
    out: dict[str, str]
    raised: str = ""
    line: _TracedLine = -1
    yielded: str = ""


class _AnswerLoop(msgspec.Struct):
    header: _Count
    count: _Count
    told: tuple[_Count, ...]
    at: tuple[_Count, ...]
    open: bool = False


class _Call(msgspec.Struct, tag="call", tag_field="trace"):
    id: _CallId
    code: _Count
    parent: _Count
    depth: _Count
    thread: _Count
    how: Literal["returned", "raised", "closed", "suspended", "running"]
    line: _TracedLine
    args: dict[str, str]
    visits: tuple[_Visit, ...]
    loops: tuple[_AnswerLoop, ...]
    value: str = ""
    exception: str = ""


class _Stop(msgspec.Struct, tag="stop", tag_field="trace"):
    why: str


class _End(msgspec.Struct, tag="end", tag_field="trace"):
    test: str
    calls: _Count
    steps: _Count


class _Behaviour(msgspec.Struct):
    known: tuple[bool, ...] = ()
    calls: tuple[str, ...] = ()
    answers: tuple[tuple[str | None, ...], ...] = ()
    wanted: tuple[str | None, ...] = ()


class Setup(msgspec.Struct):
    """The answer to ``setup``."""

    private: bool
    why: str


class Held(msgspec.Struct):
    """The answer to ``hold``, and to ``load``, which has no tests."""

    held: bool = False
    tests: tuple[str, ...] = ()
    imported: frozenset[_Line] = frozenset()


def value_of(body: Mapping[str, Any], kind: type[_Value]) -> _Value:
    """``body`` as a ``kind``. Raises :class:`ValueError` where it is none."""
    return msgspec.convert(body, kind)


def behaviour_of(body: Mapping[str, Any]) -> Behaviour:
    """The behaviour that an answer of the probe describes. Raises :class:`ValueError`."""
    told = value_of(body, _Behaviour)
    if not told.answers:
        return Behaviour((), (), tuple(None for _ in told.known))
    original, *others = told.answers
    if len(others) != sum(told.known) or {len(row) for row in told.answers} != {len(told.calls)}:
        raise ValueError("answers do not fit the calls")
    waiting = iter(others)
    variants = tuple(next(waiting) if known else None for known in told.known)
    return Behaviour(told.calls, original, variants, told.wanted)


class Traced:
    """The lines and blocks of a block plan (``BlockPlan.to_json``), and nothing else, may be told
    of."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._codes = [[len(block["loops"]) for block in code["blocks"]] for code in plan["codes"]]
        self._last = max((code["last_line"] for code in plan["codes"]), default=-1)

    def check(self, event: Mapping[str, Any]) -> None:
        """Raises :class:`ValueError` for an event of a trace that the plan does not allow."""
        told: Any = msgspec.convert(event, _Begin | _At | _Call | _Stop | _End)
        if isinstance(told, _At):
            self._block(told.code, told.block)
        elif isinstance(told, _Call):
            self._of_code(told)
            # A call is made from one that began before it: the way from call to call has an end.
            if told.parent >= told.id:
                raise ValueError("a call that began before the one that made it")
            lines = [told.line, *(visit.line for visit in told.visits)]
            if max(lines) > self._last:
                raise ValueError("a line that the file does not have")

    def _of_code(self, call: _Call) -> None:
        for visit in call.visits:
            if len(visit.at) > self._block(call.code, visit.block):
                raise ValueError("more loops than are around the block")
        for loop in call.loops:
            if len(loop.at) >= self._block(call.code, loop.header):
                raise ValueError("more loops than are around the loop")
            if max(loop.told, default=0) > loop.count + 1:
                raise ValueError("an iteration that was not made")
        if call.code >= len(self._codes):
            raise ValueError("code that the file does not have")

    def _block(self, code: int, block: int) -> int:
        """How many loops a block is in."""
        if code >= len(self._codes) or block >= len(self._codes[code]):
            raise ValueError("a block that the file does not have")
        return self._codes[code][block]


def run_of(body: Mapping[str, Any], most: int, traced: Traced | None = None) -> Run:
    """The run that an answer of the probe describes, without lines behind ``most``, which the file
    under repair does not have: its code objects can say any; ``traced`` is what a trace may tell
    of, where one was asked for. Raises :class:`ValueError`."""
    told = value_of(body, _Run)
    tests: list[TestResult] = []
    facts: dict[str, Any] = {}
    running: list[str] = []
    trace: list[Mapping[str, Any]] = []
    for event in told.events:
        if "trace" in event:
            if traced is None:
                raise ValueError("a trace that nobody asked for")
            traced.check(event)
            trace.append(event)
        elif "start" in event:
            running.append(msgspec.convert(event["start"], str))
        elif "test" in event:
            test = value_of(event, _Test)
            running = [name for name in running if name != test.test]
            tests.append(_result(test, most))
        else:
            facts.update(event)
    if running and told.ended not in ("done", "early"):
        lines = frozenset(line for line, _count in told.hits if line <= most)
        failure = FailedTest(told.ended)
        tests.append(TestResult(running[-1], Outcome(told.ended), told.seconds, failure, lines))
    known = value_of(facts, _Facts)
    return Run(
        ended=told.ended,
        code=told.code,
        tests=tuple(tests),
        output=told.output,
        seconds=told.seconds,
        hits={line: count for line, count in told.hits if line <= most},
        last=told.last if told.last <= most else 0,
        trace=tuple(trace),
        **msgspec.structs.asdict(known),
    )


def _result(test: _Test, most: int) -> TestResult:
    failure = None
    if test.detail:
        known = msgspec.structs.asdict(test.detail)
        lines = tuple(line for line in test.detail.lines if line <= most)
        failure = FailedTest(**known | {"lines": lines})
    places: frozenset[Place] = frozenset(
        place for place in test.places if max(place[0], place[2]) <= most
    )
    return TestResult(
        test.test,
        test.outcome,
        test.seconds,
        failure,
        frozenset(line for line in test.lines if line <= most),
        places,
        test.steps,
    )
