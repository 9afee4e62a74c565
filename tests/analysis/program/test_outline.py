"""The definitions of a file, also of one that does not parse."""

from __future__ import annotations

from analysis.program.outline import OutlineEntry, outline
from analysis.syntax.tree import parse


def shown(text: str) -> list[str]:
    def each(definition: OutlineEntry, depth: int) -> list[str]:
        begin, end = definition.name_span
        assert text[begin:end] == definition.name
        line = f"{'  ' * depth}{definition.kind} {definition.name}"
        return [line, *(x for child in definition.children for x in each(child, depth + 1))]

    return [line for top in outline(parse(text)) for line in each(top, 0)]


def test_definitions_nest_and_assignments_are_listed_but_for_those_of_functions() -> None:
    text = (
        "LIMIT: int = 1\na = (b, [c]) = f\n\nclass K:\n    size = 1\n    @property\n"
        "    async def m(self):\n        x = 1\n        def inner(): pass\n"
        "if a:\n    def f(): pass\n"
    )
    assert shown(text) == [
        *("constant LIMIT", "variable a", "variable b", "variable c", "class K", "  field size"),
        *("  method m", "    function inner", "function f"),
    ]


def test_what_is_assigned_to_attributes_and_items_defines_no_name() -> None:
    assert shown("os.environ = 1\ncodes['x'] = 2\nx += 1\nfor i in x: pass\n") == []


def test_definitions_in_broken_text_are_listed() -> None:
    assert "function g" in shown("def f(:\n    pass\n\ndef g():\n    pass\n")
