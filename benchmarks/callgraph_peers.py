"""Others on the same packages: jedi alone, and pyan3 in an environment of its own."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path

import jedi

from benchmarks.installed import install

PYAN = "pyan3==2.9.0"
_NODE = re.compile(r'^\s*"(?P<id>[^"]+)" \[.*tooltip="(?P<name>[^"\\]+)')
_EDGE = re.compile(r'^\s*"(?P<a>[^"]+)" -> "(?P<b>[^"]+)"')

Function = tuple[str, str]
Pair = tuple[Function, Function]


def by_jedi(package: Path, pairs: Iterable[Pair], count: int) -> float:
    """The share of ``count`` of ``pairs`` that jedi finds when it is asked, name by name.

    Every name in the caller that is the callee's (or its class's, where that is made) is asked for
    its definition; one that leads to the callee finds the pair.
    """
    chosen = random.Random(7).sample(sorted(pairs), min(count, len(set(pairs))))
    project = jedi.Project(package.parent)
    found = 0
    for caller, callee in chosen:
        found += _leads(project, caller, callee)
    return found / len(chosen)


def _leads(project: jedi.Project, caller: Function, callee: Function) -> bool:
    path, qualname = caller
    source = Path(path).read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = _definition(ast.parse(source), qualname)
    if body is None:
        return False
    parts = callee[1].split(".")
    names = {parts[-1], *(parts[-2:-1] if parts[-1] in ("__init__", "__new__") else ())}
    script = jedi.Script(source, path=path, project=project)
    for line, column in _places(body, names, source.split("\n")):
        try:
            answers = script.goto(line, column, follow_imports=True)
        except Exception:  # noqa: BLE001 - jedi's defects count as no answer
            continue
        for answer in answers:
            if str(answer.module_path) != callee[0]:
                continue
            full = (answer.full_name or "").split(".")
            wanted = [p for p in parts if p != "<locals>"]
            if full[-len(wanted) :] == wanted:
                return True
            if parts[-1] in ("__init__", "__new__") and full[-len(wanted) + 1 :] == wanted[:-1]:
                return True
    return False


def _definition(tree: ast.AST, qualname: str) -> ast.AST | None:
    node = tree
    for part in [p for p in qualname.split(".") if p and p != "<locals>"]:
        inner = [
            n
            for n in ast.walk(node)
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and n.name == part
        ]
        if not inner:
            return None
        node = inner[0]
    return node


def _places(body: ast.AST, names: set[str], lines: list[str]) -> list[tuple[int, int]]:
    places = []
    for node in ast.walk(body):
        if isinstance(node, ast.Name) and node.id in names:
            places.append((node.lineno, node.col_offset))
        elif isinstance(node, ast.Attribute) and node.attr in names:
            places.append(((node.end_lineno or 1), (node.end_col_offset or 1) - len(node.attr)))
    return [place for place in places if lines[place[0] - 1].isascii()]


def by_pyan(package: Path, pairs: Iterable[Pair]) -> float | None:
    """The share of ``pairs`` that pyan3 has as a use; ``None`` where it ends with an error."""
    known = _pyan_edges(package)
    if known is None:
        return None
    wanted = {(_dotted(package, a), _dotted(package, b)) for a, b in pairs}
    # pyan has an edge to the class where its constructor runs.
    return sum(
        pair in known or (pair[1].endswith(".__init__") and (pair[0], pair[1][:-9]) in known)
        for pair in wanted
    ) / len(wanted)


def _pyan_edges(package: Path) -> set[tuple[str, str]] | None:
    program = install([PYAN], "pyan").program("pyan3")
    files = sorted(str(p) for p in package.rglob("*.py"))
    done = subprocess.run(
        [str(program), *files, "--root", str(package.parent), "--uses", "--no-defines", "--dot",
         "--annotated", "--depth", "max"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode:
        return None
    names: dict[str, str] = {}
    edges = set()
    for line in done.stdout.splitlines():
        if found := _NODE.match(line):
            names[found["id"]] = found["name"]
        elif found := _EDGE.match(line):
            edges.add((found["a"], found["b"]))
    return {(names.get(a, a), names.get(b, b)) for a, b in edges}


def _dotted(package: Path, function: Function) -> str:
    path = Path(function[0]).relative_to(package.resolve().parent)
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    return f"{module}.{function[1].replace('.<locals>', '')}".rstrip(".")
