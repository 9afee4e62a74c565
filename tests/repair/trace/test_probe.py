"""The probe under every interpreter at hand: what it tells of a run, and what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from repair.trace.record import TestTrace, TracedCall
from tests.repair.trace.following import follow, interpreters

pytestmark = pytest.mark.process


@pytest.fixture(params=interpreters(), ids=lambda path: Path(path).resolve().parents[1].name)
def python(request: pytest.FixtureRequest) -> str:
    """One interpreter after the other."""
    return str(request.param)


def _only(trace: TestTrace) -> TracedCall:
    (call,) = trace.calls
    return call


def test_values_at_the_borders_of_blocks(python: str, tmp_path: Path) -> None:
    source = """\
def sign(n):
    word = "zero"
    if n < 0:
        word = "minus"
    return word
"""
    call = _only(follow(python, tmp_path, source, "sign(-3)"))
    assert (call.how, call.value, call.arguments) == ("returned", "'minus'", {"n": "-3"})
    assert [(v.block, v.entry, v.exit) for v in call.visits] == [
        (0, {"n": "-3"}, {"word": "'zero'"}),
        (1, {}, {"word": "'minus'"}),
        (2, {"word": "'minus'"}, {}),
    ]


def test_a_loop_keeps_its_first_its_last_and_the_iteration_that_differs(
    python: str, tmp_path: Path
) -> None:
    source = """\
def count(items):
    found = 0
    for item in items:
        if item == 41:
            found += 1
    return found
"""
    call = _only(follow(python, tmp_path, source, "count(range(100))"))
    (loop,) = call.loops
    assert (loop.count, loop.told) == (100, (1, 42, 100))
    seen = {v.iteration[0] for v in call.visits if v.iteration}
    # The 101st is the question whether there is one more.
    assert seen == {1, 42, 100, 101}


def test_iterations_of_inner_loops_are_numbered_within_outer_ones(
    python: str, tmp_path: Path
) -> None:
    source = """\
def pairs(n):
    total = 0
    for a in range(n):
        for b in range(a):
            total += b
    return total
"""
    call = _only(follow(python, tmp_path, source, "pairs(4)"))
    outer = [loop for loop in call.loops if loop.iteration == ()]
    inner = [loop for loop in call.loops if loop.iteration != ()]
    assert [(loop.count, loop.open) for loop in outer] == [(4, False)]
    assert {(loop.iteration, loop.count) for loop in inner} == {
        ((1,), 0), ((2,), 1), ((3,), 2), ((4,), 3)
    }  # fmt: skip
    assert call.visits[-1].entry == {"total": "4"}


def test_recursion_has_a_depth_and_its_outermost_call_is_kept(python: str, tmp_path: Path) -> None:
    source = """\
def factorial(n):
    if n == 0:
        return 1
    return n * factorial(n - 1)
"""
    trace = follow(python, tmp_path, source, "factorial(30)")
    outermost = trace.calls[0]
    assert (outermost.depth, outermost.arguments) == (0, {"n": "30"})
    assert trace.calls_made == 31
    assert max(call.depth for call in trace.calls) == 30
    assert len(trace.calls) < 10


def test_a_recursion_without_end_tells_how_it_began(python: str, tmp_path: Path) -> None:
    source = "def down(n):\n    return down(n - 1)\n"
    trace = follow(python, tmp_path, source, "down(0)", fails="RecursionError")
    assert trace.calls[0].arguments == {"n": "0"}
    assert trace.calls[1].arguments == {"n": "-1"}
    assert trace.calls_made > 500


def test_generators_are_one_call_that_is_left_and_entered_again(
    python: str, tmp_path: Path
) -> None:
    source = """\
def numbers(n):
    sent = None
    for i in range(n):
        sent = yield i * 10
    return sent

def total():
    return sum(numbers(3))
"""
    trace = follow(python, tmp_path, source, "total(); next(numbers(1))")
    generator = next(call for call in trace.calls if call.arguments == {"n": "3"})
    assert (generator.how, generator.value) == ("returned", "None")
    assert [v.yielded for v in generator.visits if v.yielded] == ["0", "20"]
    assert generator.parent == next(call.id for call in trace.calls if not call.arguments)
    dropped = next(call for call in trace.calls if call.arguments == {"n": "1"})
    # From Python 3.13 a generator that handles no exception is dropped without a word.
    assert dropped.how in ("closed", "suspended")


def test_coroutines_that_take_turns_are_told_apart(python: str, tmp_path: Path) -> None:
    source = """\
import asyncio

async def leaf(name):
    await asyncio.sleep(0)
    done = name * 2
    return done

async def main():
    return await asyncio.gather(leaf("a"), leaf("b"))
"""
    trace = follow(python, tmp_path, source, "asyncio.run(main())")
    leaves = [call for call in trace.calls if "name" in call.arguments]
    assert [call.value for call in leaves] == ["'aa'", "'bb'"]
    assert all(call.visits[-1].entry["name"] == call.arguments["name"] for call in leaves)


def test_threads_are_numbered(python: str, tmp_path: Path) -> None:
    source = """\
import threading

def work(n):
    return n + 1

def start():
    worker = threading.Thread(target=work, args=(1,))
    worker.start()
    worker.join()
"""
    trace = follow(python, tmp_path, source, "start()")
    threads = {call.arguments.get("n", "main"): call.thread for call in trace.calls}
    assert threads["1"] != threads["main"]


def test_an_exception_is_told_where_it_left_and_where_it_was_caught(
    python: str, tmp_path: Path
) -> None:
    source = """\
def inverse(n):
    return 1 / n

def safe(n):
    try:
        return inverse(n)
    except ZeroDivisionError as error:
        return None

def unsafe(n):
    return inverse(n)
"""
    calls = "safe(0)\nunsafe(0)"
    trace = follow(python, tmp_path, source, calls, fails="ZeroDivisionError")
    ends = [(call.how, call.exception or call.value) for call in trace.calls]
    why = "ZeroDivisionError: division by zero"
    assert sorted(ends) == sorted(
        [("raised", why), ("returned", "None"), ("raised", why), ("raised", why)]
    )
    caught = next(call for call in trace.calls if call.how == "returned")
    assert [(v.raised, v.line) for v in caught.visits if v.raised] == [(why, 5)]


HOSTILE = """\
import time

class Raises:
    def __init__(self):
        self.field = 1
    def __repr__(self):
        raise SystemExit("repr")
    def __getattribute__(self, name):
        raise SystemExit("getattribute")
    def __len__(self):
        raise SystemExit("len")
    def __eq__(self, other):
        raise SystemExit("eq")
    def __hash__(self):
        return 1
    __class__ = property(lambda self: (_ for _ in ()).throw(SystemExit("class")))

class Hangs(dict):
    def __repr__(self):
        while True:
            time.sleep(1)
    __iter__ = __len__ = items = keys = __repr__

class Counts(list):
    seen = 0
    def __repr__(self):
        Counts.seen += 1
        return "seen"
    __iter__ = __len__ = __repr__

class Meta(type):
    def __repr__(cls):
        raise SystemExit("meta")
    __getattribute__ = __repr__

class Odd(metaclass=Meta):
    __slots__ = ("left", "right")

def look(a, b, c, d):
    deep = [[[[[a]]]]]
    deep.append(deep)
    long = "x" * 100000
    huge = 10 ** 100000
    many = list(range(100000))
    return Counts.seen
"""


def test_no_code_of_a_value_is_run(python: str, tmp_path: Path) -> None:
    calls = "d = Odd(); d.left = 5\nlook(Raises(), Hangs(k=1), Counts([1, 2]), d)"
    trace = follow(python, tmp_path, HOSTILE, calls)
    call = next(call for call in trace.calls if call.arguments.get("d"))
    assert call.value == "0"
    assert call.arguments == {
        "a": "Raises(field=1)",
        "b": "Hangs({'k': 1})",
        "c": "Counts([1, 2])",
        "d": "Odd(left=5)",
    }
    texts = [text for visit in call.visits for text in visit.exit.values()]
    assert max(map(len, texts)) <= 200


def test_values_say_what_a_person_needs(python: str, tmp_path: Path) -> None:
    source = """\
import collections, dataclasses, datetime, decimal, enum, fractions, pathlib

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Line:
    price: decimal.Decimal
    day: datetime.date

Point = collections.namedtuple("Point", "x y")

def show(value):
    return value
"""
    expected = {
        "Colour.RED": "Colour.RED",
        "Line(decimal.Decimal('1.5'), datetime.date(2024, 2, 29))": (
            "Line(price=Decimal('1.5'), day=datetime.date(2024, 2, 29))"
        ),
        "Point(1, [2])": "Point(x=1, y=[2])",
        "collections.deque([1])": "deque([1])",
        "collections.Counter('aab')": "Counter({'a': 2, 'b': 1})",
        "fractions.Fraction(1, 3)": "Fraction(1, 3)",
        "pathlib.PosixPath('/x')": "PosixPath('/x')",
        "ValueError('bad', 1)": "ValueError('bad', 1)",
        "(1,)": "(1,)",
        "frozenset()": "frozenset()",
        "list(range(100))": "[0, 1, 2, 3, 4, 5, 6, 7, …100]",
        "show": "<function show>",
        "Line": "<class Line>",
        "object()": "<object>",
        "-1.5": "-1.5",
        "{'\\ud800é': Exception('\\ud800')}": "{'\\ud800é': Exception('\\ud800')}",
    }
    shown = {}
    for text in expected:
        shown[text] = follow(python, tmp_path, source, f"show({text})").calls[-1].value
    assert shown == expected


def test_a_loop_without_end_is_told_until_the_bound(python: str, tmp_path: Path) -> None:
    source = """\
def spin():
    turns = 0
    while turns < 300000:
        turns += 1
    return turns
"""
    trace = follow(python, tmp_path, source, "spin()", steps=2000)
    assert trace.cut == "steps"
    call = _only(trace)
    (loop,) = call.loops
    assert loop.open
    assert 900 < loop.count < 1100
    assert loop.told == (1, loop.count)


def test_what_is_told_is_bounded_in_bytes(python: str, tmp_path: Path) -> None:
    source = "def f(*values):\n    a = [str(v) * 60 for v in values]\n    return a\n"
    calls = "for n in range(500):\n    f(*[n, None, '', 0.5, [], ()][n % 6 :], *['x'] * (n % 9))"
    trace = follow(python, tmp_path, source, calls, bytes=2000)
    assert len(trace.calls) < 30


def test_a_crash_tells_the_block_it_happened_in(python: str, tmp_path: Path) -> None:
    source = """\
import os

def crash(n):
    m = n + 1
    if m:
        os._exit(0)
    return m
"""
    call = _only(follow(python, tmp_path, source, "crash(1)"))
    assert (call.how, call.visits[-1].block) == ("running", 1)
    assert call.visits[0].entry == {"n": "1"}
