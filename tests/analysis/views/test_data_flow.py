"""Reaching definitions, against what the fixtures say of themselves.

A fixture's line ends in ``#<- name: lines; …`` where the values of names read on it may come from.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.views.data_flow import (
    DataFlow,
    DefinitionKind,
    NameState,
    UseKind,
    ValueDefinition,
    ValueUse,
)
from analysis.views.flow import Span
from analysis.views.program import Program, parse_program

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "data_flow").glob("*.py"))
_SAID = re.compile(r"#<- (.*)$")


def _program(source: str) -> Program:
    return parse_program(source, "b.py")


def _reaching(data: DataFlow, use: ValueUse) -> list[ValueDefinition]:
    return [data.definitions[pair.definition] for pair in data.pairs if pair.use == use.id]


def _lines(program: Program) -> dict[tuple[int, str], set[int]]:
    """For each line and name used on it, the lines of the definitions (1-based)."""
    data = program.data
    found: dict[tuple[int, str], set[int]] = {}
    for use in data.uses:
        lines = found.setdefault((use.span.line + 1, use.name), set())
        for definition in _reaching(data, use):
            scope = program.flows[definition.scope].graph
            lines.add((definition.span.line if definition.span else scope.first_line) + 1)
    return found


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.stem)
def test_uses_see_the_definitions_that_the_fixture_says(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = _lines(_program(source))
    said = 0
    for number, line in enumerate(source.splitlines(), 1):
        if match := _SAID.search(line):
            for part in match[1].split(";"):
                name, _, lines = part.strip().partition(":")
                expected = {int(each) for each in lines.split(",") if each.strip()}
                assert found.get((number, name), set()) == expected, f"{path.name}:{number} {name}"
                said += 1
    assert said >= 20


def _spans(source: str) -> set[tuple[str, str, str]]:
    """Each pair as the texts of its two ends (with their lines) and how the name was bound."""
    program = _program(source)
    data = program.data
    return {
        (
            _shown(program, data.definitions[pair.definition].span),
            _shown(program, data.uses[pair.use].span),
            data.definitions[pair.definition].kind.value,
        )
        for pair in data.pairs
    }


def _shown(program: Program, span: Span | None) -> str:
    if span is None:
        return "-"
    return f"{program.places.text_of(span)}@{span.line}:{span.character}"


@pytest.mark.parametrize(
    ("source", "definition", "use", "kind"),
    [
        ("import a.b.c\na", "a@0:7", "a@1:0", "import"),
        ("import a.b as  c\nc", "c@0:15", "c@1:0", "import"),
        ("from a import (b,\n c as d)\nd", "d@1:6", "d@2:0", "import"),
        ("@x\ndef f(f1=1): f1\nf()", "f@1:4", "f@2:0", "function"),
        ("class  C: pass\nC", "C@0:7", "C@1:0", "class"),
        ("'💥'; x = 1; x", "x@0:5", "x@0:12", "assignment"),
        ("def f(a, /, *args: a, b=1, **kw): args", "args@0:13", "args@0:34", "parameter"),
        ("try: x\nexcept E as e: e", "e@1:12", "e@1:15", "except"),
        ("match a:\n case [*rest]: rest", "rest@1:8", "rest@1:15", "capture"),
        ("match a:\n case {'rest': 1, **rest}: rest", "rest@1:20", "rest@1:27", "capture"),
        ("with a as (x, y): y", "y@0:14", "y@0:18", "with"),
        ("(x := 1) + x", "x@0:1", "x@0:11", "walrus"),
        ("x.y = 1; x.y.z", "x.y@0:0", "x.y@0:9", "attribute"),
        ("x[0] = 1; x", "x@0:0", "x@0:10", "update"),
    ],
)
def test_spans_are_those_of_the_names(source: str, definition: str, use: str, kind: str) -> None:
    assert (definition, use, kind) in _spans(source)


def test_a_star_import_may_define_any_name_of_the_module() -> None:
    source = "from a import *\nx = 1\ndef f(): return x + y\n"
    program = _program(source)
    by_name = {use.name: _reaching(program.data, use) for use in program.data.uses}
    assert [d.name for d in by_name["y"]] == ["*"]
    assert {d.name for d in by_name["x"]} == {"*", "x"}


def _binding(source: str, name: str, at: str) -> NameState:
    program = _program(source)
    for scope, flow in enumerate(program.flows):
        for node in flow.graph.nodes:
            if node.label == at:
                return program.data.binding(scope, node.id, name)
    raise AssertionError(at)


@pytest.mark.parametrize(
    ("body", "binding"),
    [
        ("x = 1\n here()", NameState.ALWAYS),
        ("here()\n x = 1", NameState.NEVER),
        ("if a: x = 1\n here()", NameState.SOMETIMES),
        ("if a: x = 1\n else: x = 2\n here()", NameState.ALWAYS),
        ("if a: x = 1\n else: raise a\n here()", NameState.ALWAYS),
        ("x = 1\n del x\n here()", NameState.NEVER),
        ("for x in a: pass\n here()", NameState.SOMETIMES),
        ("for x in a: here()", NameState.ALWAYS),
        ("while True:\n  x = 1\n  break\n here()", NameState.ALWAYS),
        ("try: x = a()\n except E: here()", NameState.NEVER),
        ("try:\n  x = a()\n  b()\n except E: here()", NameState.SOMETIMES),
        ("try: x = a()\n finally: here()", NameState.SOMETIMES),
        ("try: a()\n except E as x: here()", NameState.ALWAYS),
        ("try: a()\n except E as x: pass\n here()", NameState.NEVER),
        ("if a and (x := a): here()", NameState.ALWAYS),
        ("if a or (x := a): here()", NameState.SOMETIMES),
        ("if not (a and (x := a)): return\n here()", NameState.ALWAYS),
        ("match a:\n  case [x]: here()", NameState.ALWAYS),
        ("match a:\n  case [x]: pass\n here()", NameState.SOMETIMES),
        ("return\n here()\n x = 1", NameState.SOMETIMES),
        ("def g():\n  nonlocal x\n  x = 1\n here()\n x = 2", NameState.SOMETIMES),
    ],
)
def test_a_name_has_a_value_always_sometimes_or_never(body: str, binding: NameState) -> None:
    assert _binding(f"def f(a):\n {body}\n", "x", "here()") is binding


def test_a_slice_holds_what_had_a_hand_in_a_value() -> None:
    source = "def f(a):\n    b = a\n    c = 2\n    d = b\n    return d\n"
    program = _program(source)
    graph = program.flows[1].graph
    end = next(n.id for n in graph.nodes if n.label == "return d")
    labels = {program.flows[s].graph.nodes[n].label for s, n in program.data.behind([(1, end)])}
    assert labels == {"return d", "d = b", "b = a", "entry"}


def test_every_use_knows_how_it_is_used() -> None:
    data: DataFlow = _program("x = 1\nx += 1\ndel x\n").data
    assert [use.kind for use in data.uses] == [UseKind.AUGMENTED, UseKind.DELETE]
    kinds = [d.kind for use in data.uses for d in _reaching(data, use)]
    assert kinds == [DefinitionKind.ASSIGNMENT, DefinitionKind.AUGMENTED]


def test_long_sums_are_no_deep_nest() -> None:
    source = "x = 1\ny = " + " + ".join(["x"] * 900) + "\n"
    assert len(_program(source).data.pairs) == 900
