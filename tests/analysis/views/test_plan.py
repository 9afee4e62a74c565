"""The block plan: one block a line, chains joined, live names. Expectations stand in comments.

In a case, ``# N`` says which block of its code object a line is in, and ``# N a b > c`` which names
are live before it and what is shown after it.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest

from analysis.views.flow import EdgeKind
from analysis.views.plan import RAISED, RETURNED, BlockKind, CodeKind, block_plan

CASES = {
    "a branch and what follows": """
        def f(a, b):
            c = a + b  # 0 a b > a c d
            d = 0  # 0
            if c:  # 0
                d = a  # 1 a > d
            return d  # 2 d >
    """,
    "a for loop": """
        def f(items):
            total = 0  # 0 items > items total
            for item in items:  # 1 items total > item items total
                total += item  # 2 item items total > items total
            return total  # 3 total >
    """,
    "while True has no header of its own": """
        def f(n):
            while True:  # 0 n > n
                n -= 1  # 0
                if n < 0:  # 0
                    break  # 1 n >
            return n  # 1
    """,
    "blocks on one line are one": """
        def f(a):
            if a: a = 1; a += 1  # 0 a > a
            return a  # 1 a >
    """,
    "statements of several lines": """
        def f(a):
            b = [  # 0 a > b
                a,  # 0
            ]  # 0
            if (b  # 0
                and b):  # 0
                return 1  # 1 >
            return 2  # 2 >
    """,
    "a handler and finally": """
        def f(path):
            got = None  # 0 path > got
            try:  # 0
                got = g(path)  # 0
            except OSError as error:  # 1 got > error got
                print(error)  # 2 error got > got
            finally:
                print(got)  # 3 got > got
            return got  # 4 got >
    """,
    "what a closure holds stays live": """
        def f(a):
            count = 0  # 0 a > add count
            def add():  # 0
                nonlocal count
                count += a
            add()  # 0
            return 1  # 0
    """,
    "a comprehension's own names are nobody's business": """
        def f(rows):
            found = [row for row in rows if row]  # 0 rows > found
            return len(found)  # 0
    """,
    "match": """
        def f(shape):
            match shape:  # 0 shape > shape x y
                case (x, y):  # 0
                    return x + y  # 1 x y >
                case _:  # 2 shape > shape
                    return shape  # 3 shape >
    """,
}
_MARK = re.compile(r"#\s(\d+)(?:\s([\w ]*)>([\w ]*))?$")


@pytest.mark.parametrize("case", CASES)
def test_blocks_and_live_names(case: str) -> None:
    source = textwrap.dedent(CASES[case]).strip() + "\n"
    code = block_plan(source).codes[1]
    for number, line in enumerate(source.split("\n")):
        mark = _MARK.search(line)
        if mark is None:
            continue
        (block,) = code.at(number)
        assert block.id == int(mark[1]), f"{line}: {code.blocks}"
        if mark[2] is not None and case != "what a closure holds stays live":
            assert set(block.entry) == set(mark[2].split()), line
            assert set(block.exit) == set(mark[3].split()), line


def test_what_a_closure_holds_is_shown() -> None:
    source = textwrap.dedent(CASES["what a closure holds stays live"]).strip()
    outer, inner = block_plan(source).codes[1:]
    assert set(outer.blocks[0].exit) >= {"a", "count", "add"}
    assert set(inner.blocks[0].entry) == {"a", "count"}


def test_a_with_is_left_at_its_own_line_by_another_block() -> None:
    code = block_plan("def f(a):\n    with a as b:\n        g(b)\n    return 1\n").codes[1]
    enter, leave = code.at(1)
    assert leave.kind is BlockKind.WITH_EXIT
    assert code.at(2) == (enter,)
    assert {n.to for n in enter.next} == {leave.id}
    assert [n.to for n in leave.next if n.kind is EdgeKind.NEXT] == [code.at(3)[0].id]


def test_loops_and_ways_out() -> None:
    source = (
        "def f(rows):\n    for row in rows:\n        while row:\n            row = g(row)\n"
        "        else:\n            h()\n    raise ValueError\n"
    )
    code = block_plan(source).codes[1]
    outer, inner = code.at(1)[0].id, code.at(2)[0].id
    assert [code.at(line)[0].loops for line in (1, 2, 3, 5, 6)] == [
        *((outer,), (outer, inner), (outer, inner), (outer,), ())
    ]
    assert code.blocks[outer].kind is code.blocks[inner].kind is BlockKind.LOOP
    assert [n.to for n in code.at(6)[0].next] == [RAISED]


def test_code_objects_are_named_and_placed_as_python_has_them() -> None:
    source = (
        "import functools\n\n\nclass C:\n    @functools.cache\n    def m(self):\n"
        "        yield 1\n\n"
        "    async def n(self):\n        return lambda: 1\n"
    )
    plan = block_plan(source)
    assert [(c.name, c.first_line, c.kind) for c in plan.codes] == [
        ("<module>", 0, CodeKind.MODULE),
        ("C", 3, CodeKind.CLASS),
        ("C.m", 4, CodeKind.GENERATOR),
        ("C.n", 8, CodeKind.COROUTINE),
    ]
    found = compile(source, "m", "exec")
    assert "functools" in found.co_names
    assert plan.code_at(6) is plan.codes[2]
    assert [n.to for n in plan.codes[3].blocks[-1].next] == [RETURNED]


FLOW = sorted((Path(__file__).parents[2] / "fixtures" / "flow").glob("*.py"))


@pytest.mark.parametrize("path", FLOW, ids=lambda p: p.stem)
def test_every_line_of_a_file_is_in_one_block_and_the_plan_is_json(path: Path) -> None:
    plan = block_plan(path.read_text(encoding="utf-8"))
    for code in plan.codes:
        for block in code.blocks:
            assert block.id == code.blocks.index(block)
            for first, last in block.statements:
                for line in range(first, last + 1):
                    others = [b for b in code.at(line) if b.kind is not BlockKind.WITH_EXIT]
                    assert len(others) == 1, (code.name, line)
    assert json.loads(json.dumps(plan.to_json()))["codes"][0]["name"] == "<module>"
