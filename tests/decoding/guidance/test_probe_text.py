"""The text that evidence is asked about: how the statement at the hole is ended."""

from __future__ import annotations

import pytest

from analysis.snapshot import Snapshot, Workspace
from decoding.guidance.text_around import probe_text

BEHIND = "\n\n\ndef other(src):\n    return src\n"


@pytest.mark.parametrize(
    ("typed", "written", "ending"),
    [
        ("x = ", "len(", ")"),
        ("x = len(", "[a.b, c[", "]])"),
        ("f(", "", ")"),
        ("x = [y for y in ", "z", "]"),
        ("if ", "a.b(", "): ..."),
        ("while x", " and ", ": ..."),
        ("for x in f(", "a, ", "): ..."),
        ("with ", "open(", "): ..."),
        # A choice lacks what it gives otherwise.
        ("x = a if ", "b.c(", ") else None"),
        ("x = a if ", "b", " else None"),
        ("x = f(a if ", "b", " else None)"),
        ("x = f(a)[c if ", "b", " else None]"),
        ("x = {a: [b if ", "c(", ") else None]}"),
        ("if a if ", "b", " else None: ..."),
        ("return [y for y in ", "z if ", "]"),
        ("x = a if b else ", "c(", ")"),
        ("x = a if ", "b else ", ""),
        # Nothing is open.
        ("x = ", "y.", ""),
        ("x.", "", ""),
        # In a string no statement can end.
        ('f("', "a", ""),
        ('x = f"{g(', "a", ""),
    ],
)
def test_the_statement_ends_behind_the_hole(typed: str, written: str, ending: str) -> None:
    text = f"def f(a):\n    {typed}{BEHIND}"
    offset = text.index(BEHIND)
    snapshot = Snapshot("m.py", text, Workspace("/w"))
    there = probe_text(snapshot, offset, written)
    assert there.text == text[:offset] + written + ending + BEHIND


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("f(a, g($0)\n", ")"),
        ("f(a, $0)\n", ""),
        ("f(\n    a,\n    g($0\n)\n", ")"),
        ("if f($0:\n    pass\n", ")"),
        ("if f($0\n    pass\n", "): ..."),
        ("if $0:\n    pass\n", ""),
        ("if x:\n    pass\nelif f($0\n    pass\n", "): ..."),
        ("if x:\n    f(a, $0\nelse:\n    pass\n", ")"),
        ("try:\n    pass\nexcept (A, $0\n", "): ..."),
        ("@f($0\ndef g(): pass\n", ")"),
        ("x = 1; f($0\ny = 2\n", ")"),
        # What is wrong elsewhere does not matter.
        ("f($0\n\nx = ]\n", ")"),
    ],
)
def test_what_stands_behind_is_left_to_end_it(text: str, ending: str) -> None:
    before, behind = text.split("$0")
    snapshot = Snapshot("m.py", before + behind, Workspace("/w"))
    assert probe_text(snapshot, len(before), "").text == before + ending + behind


def test_the_same_snapshot_where_nothing_is_added() -> None:
    snapshot = Snapshot("m.py", f"x.{BEHIND}", Workspace("/w"))
    assert probe_text(snapshot, 2, "") is snapshot
