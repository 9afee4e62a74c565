"""Which names of a function have no value at a place, by the order of its text."""

from __future__ import annotations

import pytest

from analysis.program.visible import unassigned
from analysis.syntax.statement import statement_at
from analysis.syntax.tree import parsed

CASES = {
    "a name that is bound later": ("def f(a):\n    print($0)\n    late = a\n", {"late"}),
    "a name that is bound before": ("def f(a):\n    early = a\n    print($0)\n", set()),
    "the target of the statement": ("def f(a):\n    own = g(own.$0)\n", {"own"}),
    "the target, bound before": ("def f(own):\n    own = g($0)\n", set()),
    "the target of a broken statement": ("def f(a):\n    own = g(a, $0\n    x = 1\n", {"own", "x"}),
    "an annotated target": ("def f(a):\n    own: int = $0\n", {"own"}),
    "an annotation": ("def f(a):\n    own: $0\n    late = 1\n", set()),
    "a loop comes round": (
        "def f(a):\n    for x in a:\n        if x:\n            $0\n        late = x\n", set()
    ),
    "behind a loop": (
        "def f(a):\n    for x in a:\n        $0\n    late = x\n", {"late"}
    ),
    "the iterable of a loop": (
        "def f(a):\n    for x in $0:\n        y = x\n    z = 1\n", {"y", "z"}
    ),
    "a loop's test": ("def f(a):\n    while $0:\n        y = a\n", set()),
    "one branch": ("def f(a):\n    if a:\n        y = 1\n    print($0)\n    z = 2\n", {"z"}),
    "a lambda is run later": ("def f(a):\n    g(lambda: $0)\n    late = 1\n", set()),
    "an inner function is run later": (
        "def f(a):\n    def g():\n        return $0\n    late = 1\n", set()
    ),
    "global": ("def f(a):\n    global late\n    print($0)\n    late = a\n", set()),
    "the module": ("print($0)\nlate = 1\n", set()),
    "a class": ("class A:\n    x = $0\n    late = 1\n", set()),
    "a default": ("def f(a):\n    def g(b=$0): ...\n    late = 1\n", set()),
    "imports and definitions": (
        "def f(a):\n    $0\n    import late\n    def g(): ...\n    with a as w: ...\n",
        {"late", "g", "w"},
    ),
    "text that is broken elsewhere": ("def f(a):\n    print($0)\n    late = a\n\nx = (\n", set()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_has_no_value(case: str) -> None:
    code, expected = CASES[case]
    offset = code.index("$0")
    text = code.replace("$0", "")
    found = unassigned(text, offset, statement_at(text, offset, parsed(text)))
    assert found == expected
