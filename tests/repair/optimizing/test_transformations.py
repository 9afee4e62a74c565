"""Transformations: what they write, where they keep away, and that answers stay the same."""

from __future__ import annotations

import ast
import textwrap

import pytest

from repair.optimizing.rewriting import interval
from repair.optimizing.transformations import TRANSFORMATIONS
from repair.source.file import Source
from repair.source.stub import find_function

CASES = [
    (
        "membership in a set",
        "def f(a, b):\n    out = []\n    for x in a:\n        if x in b:\n"
        "            out.append(x)\n    return out\n",
        [([3, 1, 2], [2, 3]), ([], [1])],
    ),
    (
        "membership in a set",
        "def f(a, b):\n    return [x for x in a if x not in b]\n",
        [([3, 1, 2], [2, 3])],
    ),
    (
        "join instead of concatenation",
        'def f(a):\n    text = "<"\n    for x in a:\n        if x:\n'
        '            text += str(x)\n    return text + ">"\n',
        [([3, 0, 2],), ([],)],
    ),
    (
        "remembered results",
        '"""Doc."""\n\n\ndef f(n):\n    if n < 2:\n        return n\n'
        "    return f(n - 1) + f(n - 2)\n",
        [(10,), (0,)],
    ),
    (
        "computed once before the loop",
        "def f(a, b):\n    out = []\n    for x in a:\n"
        "        out.append(x * max(b))\n    return out\n",
        [([1, 2], [5, 4])],
    ),
    (
        "a set beside the list",
        "def f(a):\n    seen = []\n    for x in a:\n        if x not in seen:\n"
        "            seen.append(x)\n    return seen\n",
        [([3, 1, 3],), ([],)],
    ),
    (
        "a set beside the list",
        "def f(a):\n    seen = [1]\n    for x in a:\n"
        "        if x not in seen: seen.append(x)\n    return seen\n",
        [([3, 1, 3],)],
    ),
    (
        "counted once",
        "def f(a):\n    return [x for x in a if a.count(x) == 1]\n",
        [([3, 1, 3],), ([],)],
    ),
    (
        "a deque for the queue",
        "def f(a):\n    left = list(a)\n    out = []\n    while left:\n"
        "        x = left.pop(0)\n        if x > 1:\n            left.append(x - 2)\n"
        "        out.append(x)\n    return out, len(left)\n",
        [([3, 1, 5],)],
    ),
    (
        "inserted in order",
        "def f(a):\n    out = []\n    for x in a:\n        out.append(x)\n        out.sort()\n"
        "    return out\n",
        [([3, 1, 2],)],
    ),
    (
        "a comprehension",
        "def f(a):\n    out = []\n    for row in a:\n        for x in row:\n            if x:\n"
        "                out.append(x * x)\n    return out\n",
        [([[3, 0], [2]],)],
    ),
    (
        "a comprehension",
        "def f(a):\n    a_name_that_is_long = []\n    for element in a:\n"
        "        if element is not None and element != 0 and element != -1:\n"
        "            a_name_that_is_long.append(element)\n    return a_name_that_is_long\n",
        [([3, 0, None],)],
    ),
]


def _versions(name: str, text: str) -> list[str]:
    source = Source("a.py", text)
    return [
        source.apply(edits) for edits in TRANSFORMATIONS[name](source, find_function(source, "f"))
    ]


@pytest.mark.parametrize(("name", "text", "calls"), CASES)
def test_a_transformed_function_answers_the_same(
    name: str, text: str, calls: list[tuple[object, ...]]
) -> None:
    versions = _versions(name, text)
    assert versions
    for version in versions:
        assert version != text
        before: dict[str, object] = {}
        after: dict[str, object] = {}
        exec(text, before)
        exec(version, after)
        for arguments in calls:
            assert after["f"](*arguments) == before["f"](*arguments)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("membership in a set", "for x in a:\n    if x in b: b.append(x)"),
        ("membership in a set", "return x in b"),
        ("join instead of concatenation", 't = ""\nfor x in a:\n    t += x\n    print(t)'),
        ("join instead of concatenation", "t = 0\nfor x in a:\n    t += x"),
        ("remembered results", "return f(a, b)"),
        ("remembered results", "print(a)\nreturn f(a, 1) + f(a, 2)"),
        ("remembered results", "return [f(a, 1), f(a, 2)]"),
        ("computed once before the loop", "for x in a:\n    b.append(x)\n    y = max(b)"),
        ("computed once before the loop", "for x in a:\n    y = max(x)"),
        ("a set beside the list", "for x in a:\n    if x in b: b.append(x)\n    b.sort()"),
        ("counted once", "for x in a:\n    b.append(b.count(x))"),
        ("a deque for the queue", "left = [a]\nwhile left:\n    left.pop(0)\nreturn left"),
        ("inserted in order", "b.append(a)\nb.sort(key=len)"),
        ("a comprehension", "out = []\nfor x in a:\n    out.append(x)\n    print(x)"),
        ("a comprehension", "out = []\nfor x in a:\n    out.append(x)\nreturn out, x"),
    ],
)
def test_it_keeps_away_where_the_answer_would_change(name: str, body: str) -> None:
    assert _versions(name, f"def f(a, b):\n{textwrap.indent(body, '    ')}\n") == []


def test_an_import_goes_behind_the_docstring_and_before_others() -> None:
    body = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    text = f'"""Doc."""\nfrom __future__ import annotations\nimport os\n{body}'
    (version,) = _versions("remembered results", text)
    assert "annotations\nimport functools\nimport os\n@functools.lru_cache" in version
    ast.parse(version)


def test_the_interval_holds_the_ratio_and_needs_rounds() -> None:
    assert interval([0.7, 0.7]) is None
    ratio = interval([0.68, 0.70, 0.69, 0.71, 0.70, 0.69, 0.70, 0.68, 0.71])
    assert ratio is not None
    assert ratio.low < ratio.times < ratio.high
    assert 1.9 < ratio.low < 2.1
    noisy = interval([0.7, -0.6, 0.9, -0.8, 0.5, -0.4, 0.8, -0.7, 0.6])
    assert noisy is not None
    assert noisy.low < 1 < noisy.high
