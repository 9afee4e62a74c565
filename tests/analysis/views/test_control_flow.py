"""Graphs held against real runs: every pair of consecutive lines that a run shows is an edge.

A case is a function of ``tests/fixtures/flow`` with its calls in ``RUNS``.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from analysis.views.control_flow import control_flow
from analysis.views.flow import EXIT, RAISE, EdgeKind, FlowGraph, NodeKind, Span
from benchmarks.flow_truth import Code, LineTracer, graph_of, in_body, missing_pairs, nodes_at

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "flow").glob("*.py"))


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"flow_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _traced(path: Path) -> dict[Code, set[tuple[int, int]]]:
    tracer = LineTracer([str(path)])
    module = _load(path)
    for function, arguments in module.RUNS:
        tracer.run(function, *arguments)
    return tracer.pairs


def _graphs(path: Path) -> tuple[FlowGraph, ...]:
    return control_flow(path.read_text(encoding="utf-8"))


def test_there_are_fixtures() -> None:
    assert len(FIXTURES) >= 3


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.stem)
def test_every_executed_pair_of_lines_is_an_edge(path: Path) -> None:
    graphs = _graphs(path)
    traced = _traced(path)
    assert sum(map(len, traced.values())) > 50
    lacking = []
    for code, pairs in traced.items():
        if graph := graph_of(graphs, code):
            lacking += missing_pairs(graph, pairs)
    assert lacking == []


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.stem)
def test_no_executed_line_is_unreachable(path: Path) -> None:
    graphs = _graphs(path)
    for code, pairs in _traced(path).items():
        graph = graph_of(graphs, code)
        if graph is None:
            continue
        reachable = graph.reachable()
        for _, line in in_body(graph, pairs):
            if line > 0:
                assert nodes_at(graph, line) & reachable, f"{graph.name}, line {line}"


#: What keeps the truth honest: a graph without one kind of edge must be found out.
@pytest.mark.parametrize("kind", sorted(EdgeKind))
def test_a_graph_without_one_kind_of_edge_is_found_out(kind: EdgeKind) -> None:
    found = 0
    for path in FIXTURES:
        graphs = [
            replace(graph, edges=tuple(e for e in graph.edges if e.kind is not kind))
            for graph in _graphs(path)
        ]
        for code, pairs in _traced(path).items():
            if graph := graph_of(graphs, code):
                found += len(missing_pairs(graph, pairs))
    assert found > 0


def _edges(source: str, name: str) -> set[tuple[str, str, str]]:
    graph = next(g for g in control_flow(source) if g.name == name)
    label = {node.id: node.label for node in graph.nodes}
    return {(label[e.source], label[e.target], e.kind.value) for e in graph.edges}


def test_a_return_goes_through_finally_to_the_exit() -> None:
    edges = _edges("def f():\n    try:\n        return g()\n    finally:\n        h()\n", "f")
    assert ("return g()", "h()", "return") in edges
    assert ("h()", "exit", "return") in edges
    assert ("h()", "raise", "reraise") in edges
    assert ("return g()", "exit", "return") not in edges


def test_break_leaves_the_with_before_the_loop() -> None:
    source = "def f():\n    for x in y:\n        with z:\n            break\n    g()\n"
    edges = _edges(source, "f")
    assert ("break", "with z", "break") in edges
    assert ("with z", "g()", "break") in edges


def test_code_after_a_jump_is_unreachable() -> None:
    graph = control_flow("def f():\n    return 1\n    g()\n")[1]
    dead = next(node.id for node in graph.nodes if node.label == "g()")
    assert dead not in graph.reachable()
    assert EXIT in graph.reachable()
    assert RAISE not in graph.reachable()


def test_names_are_python_s_own() -> None:
    source = "class C:\n    def m(self):\n        def inner():\n            pass\n"
    assert [g.name for g in control_flow(source)] == [
        "<module>",
        "C",
        "C.m",
        "C.m.<locals>.inner",
    ]


def test_columns_count_code_points() -> None:
    graph = control_flow('x = "💥"; y = 1\n')[0]
    spans = [n.span for n in graph.nodes if n.kind is NodeKind.STATEMENT]
    assert [(s.character, s.end_character) for s in spans if s] == [(0, 7), (9, 14)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_where_the_compiler_ends_them(end: str) -> None:
    source = end.join(["def f():", "\f    x = 'a\fb\u2028'; y = 2", "    return x", ""])
    graph = control_flow(source)[1]
    spans = [n.span for n in graph.nodes if n.kind is NodeKind.STATEMENT]
    assert [(s.line, s.character, s.end_character) for s in spans if s] == [
        (1, 5, 15),
        (1, 17, 22),
        (2, 4, 12),
    ]


def test_a_header_ends_at_its_own_colon() -> None:
    source = (
        "@ deco\ndef f(a: int = 1,  # not: here\n      b=lambda: 2) -> int:  # x: y\n    pass\n"
    )
    (node,) = control_flow(source)[0].nodes[3:]
    assert node.label == "def f(a: int = 1,  # not: here …"
    assert node.span == Span(0, 0, 2, 26)


def test_a_long_chain_of_elif_is_no_deep_nest() -> None:
    source = "if a: b\n" + "elif a: b\n" * 2000
    assert len(control_flow(source)[0].nodes) == 3 + 2 * 2001
