"""Run in the environment of another library: its control-flow graphs as JSON.

``python cfg_graphs.py staticfg|py2cfg|python_graphs`` reads ``{path: text}`` and writes ``{path:
[{"name", "first_line", "nodes", "edges"}]}``; a node is ``[line, end_line]`` of a statement or its
header (1-based), or ``[0, 0]`` for a block without statements.
"""

import ast
import importlib
import json
import sys
from typing import Any

Graph = dict[str, Any]

COMPOUND = {
    "If": "test", "While": "test", "For": "iter", "AsyncFor": "iter", "Match": "subject",
}  # fmt: skip


def header(node: Any) -> list[int]:
    """First and last line of a statement, or of the header of one that has a body."""
    first = getattr(node, "lineno", 0)
    part = getattr(node, COMPOUND.get(type(node).__name__, ""), None)
    if part is not None:
        return [first, part.end_lineno]
    if isinstance(node, (ast.With, ast.AsyncWith)):
        last: Any = node.items[-1]
        return [first, (last.optional_vars or last.context_expr).end_lineno]
    if isinstance(node, ast.Try):
        return [first, first]
    if isinstance(node, ast.ExceptHandler):
        kind: Any = node.type
        return [first, kind.end_lineno if kind else first]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        start = min([first] + [mark.lineno for mark in node.decorator_list])
        return [start, max(first, node.body[0].lineno - 1)]
    return [first, getattr(node, "end_lineno", first)]


def of_blocks(cfg: Any, name: str, first_line: int) -> Graph:
    """A graph of staticfg or py2cfg: blocks of statements with exits."""
    nodes: list[list[int]] = []
    edges: list[list[int]] = []
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    waiting: list[Any] = [cfg.entryblock]
    seen: list[Any] = []
    while waiting:
        block = waiting.pop()
        if any(block is each for each in seen):
            continue
        seen.append(block)
        places = [header(s) for s in block.statements] or [[0, 0]]
        first[id(block)] = len(nodes)
        for place in places:
            if len(nodes) > first[id(block)]:
                edges.append([len(nodes) - 1, len(nodes)])
            nodes.append(place)
        last[id(block)] = len(nodes) - 1
        waiting += [link.target for link in block.exits]
    for block in seen:
        for link in block.exits:
            edges.append([last[id(block)], first[id(link.target)]])
    return {"name": name, "first_line": first_line, "nodes": nodes, "edges": edges}


def chunks(text: str) -> list[tuple[str, str, ast.AST]]:
    """Each outermost function or method alone, on its own lines: its qualified name, the text with
    everything else blank, and its syntax. What a library cannot read costs that one only."""
    lines = text.split("\n")
    found: list[tuple[str, str, ast.AST]] = []

    def visit(body: list[Any], prefix: str, kept: set[int]) -> None:
        for node in body:
            start = min([node.lineno, *(m.lineno for m in getattr(node, "decorator_list", []))])
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                own = kept | set(range(start, (node.end_lineno or start) + 1))
                alone = [line if i in own else "" for i, line in enumerate(lines, 1)]
                found.append((prefix + node.name, "\n".join(alone), node))
            elif isinstance(node, ast.ClassDef):
                header = set(range(node.lineno, max(node.lineno, node.body[0].lineno - 1) + 1))
                visit(node.body, prefix + node.name + ".", kept | header)

    visit(ast.parse(text).body, "", set())
    return found


def blocks_of(library: str, path: str, text: str) -> list[Graph]:
    """staticfg and py2cfg build a graph of the module and one of each function in it."""
    builder = importlib.import_module(library).CFGBuilder
    found: list[Graph] = []

    def visit(graph: Any, prefix: str) -> None:
        for key, inner in graph.functioncfgs.items():
            name = key if isinstance(key, str) else key[-1]
            entry = inner.entryblock.statements
            found.append(of_blocks(inner, name, entry[0].lineno if entry else 0))
            visit(inner, name)
        for inner in getattr(graph, "class_cfgs", {}).values():
            visit(inner, prefix)

    for name, alone, _ in chunks(text):
        try:
            visit(builder().build_from_src(path, alone), "")
        except Exception as error:  # noqa: BLE001 - whatever a library raises
            print(f"{library}: {name}: {type(error).__name__}: {error}", file=sys.stderr)
    return found


def python_graphs(text: str) -> list[Graph]:
    """python-graphs builds one graph of a text; each function gets the part on its lines."""
    control_flow = importlib.import_module("python_graphs.control_flow")
    found: list[Graph] = []
    for name, alone, function in chunks(text):
        try:
            graph = control_flow.get_control_flow_graph(alone)
        except Exception as error:  # noqa: BLE001 - whatever a library raises
            print(f"python_graphs: {name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        for node in ast.walk(function):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.append(of_instructions(graph, node.name, node.lineno))
    return found


def of_instructions(graph: Any, name: str, first_line: int) -> Graph:
    """A graph of python-graphs: nodes are instructions on parts of the syntax."""
    numbers: dict[int, int] = {}
    nodes: list[list[int]] = []
    edges: list[list[int]] = []
    every = list(graph.get_control_flow_nodes())
    for node in every:
        numbers[id(node)] = len(nodes)
        syntax = node.instruction.node
        line = getattr(syntax, "lineno", 0)
        nodes.append([line, getattr(syntax, "end_lineno", line)] if line else [0, 0])
    for node in every:
        for target in node.next:
            edges.append([numbers[id(node)], numbers[id(target)]])
    return {"name": name, "first_line": first_line, "nodes": nodes, "edges": edges}


def main() -> None:
    """Read, build, write; a file that a library cannot read has no graphs."""
    library = sys.argv[1]
    sys.setrecursionlimit(5000)
    found: dict[str, list[Graph]] = {}
    for path, text in json.load(sys.stdin).items():
        try:
            if library == "python_graphs":
                found[path] = python_graphs(text)
            else:
                found[path] = blocks_of(library, path, text)
        except Exception as error:  # noqa: BLE001 - whatever a library raises
            print(f"{library}: {path}: {type(error).__name__}: {error}", file=sys.stderr)
            found[path] = []
    json.dump(found, sys.stdout)


main()
