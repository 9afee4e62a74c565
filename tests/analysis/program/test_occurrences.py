"""Local variables: ``$0`` is the place, ``<w:…>`` and ``<r:…>`` what must be found, in order."""

from __future__ import annotations

import re

import pytest

from analysis.program.occurrences import local_occurrences
from analysis.syntax.tree import parse

_MARK = re.compile(r"<([rw]):(\w+)>|\$0")

CASES = {
    "a parameter and what changes it": """\
def f(<w:x$0>, y):
    <w:x> += y
    return <r:x>
x = 1
""",
    "closures see the variable of the function around": """\
def f():
    <w:n> = 0
    def g():
        nonlocal n
        <w:n$0> += 1
        return <r:n>
    return g, <r:n>
""",
    "a comprehension has its own": """\
def f(x):
    a = [<r:x$0> for <w:x> in x]
    return x
""",
    "for, with, except, match, walrus, del, import": """\
def f(s):
    for <w:v> in s:
        pass
    with s as <w:v>:
        pass
    try:
        pass
    except E as <w:v>:
        pass
    match s:
        case [<w:v>]:
            pass
    if (<w:v> := 1):
        import a as <w:v>
    <r:v$0>.v = 2
    <r:v>[0] = <r:v>.v
    del <w:v>
""",
    "text beyond ASCII": """\
def f(\u00fc, <w:y$0>):
    s = '\u00fc\U0001f600'; return s + <r:y> + \u00fc
""",
    "what is broken elsewhere does not matter": """\
def broken(:
    return (

def f(<w:x>):
    return <r:x$0>
""",
    "names of a module are not local": "x = 1\ndef f():\n    return x$0\n",
    "names of a class are not local": "class C:\n    x$0 = 1\n    y = x\n",
    "attributes are not local": "def f(a):\n    return a.b$0c\n",
    "outside of definitions": "x$0 = 1\n",
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_local_occurrences(case: str) -> None:
    text, place, wanted = "", 0, []
    rest = case.replace("$0>", ">$0")
    while (mark := _MARK.search(rest)) is not None:
        text += rest[: mark.start()]
        rest = rest[mark.end() :]
        if mark[0] == "$0":
            place = len(text)
        else:
            wanted.append((len(text), mark[2], mark[1] == "w"))
            text += mark[2]
    text += rest
    found = local_occurrences(parse(text), place)
    assert [(each.start, text[each.start : each.end], each.writes) for each in found] == wanted
