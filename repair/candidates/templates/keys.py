"""By what things are ordered: a key that falls, one that settles ties, another field."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

_MOST_FIELDS = 4


def orders(program: SuspectProgram) -> Iterator[Proposal]:
    """The key of a sort, the other way round or with one more field behind it."""
    for node in program.of(ast.Lambda):
        assert isinstance(node, ast.Lambda)
        keyword = program.parents.get(node)
        if not isinstance(keyword, ast.keyword) or keyword.arg != "key" or not node.args.args:
            continue
        body, name = node.body, node.args.args[0].arg
        parts = body.elts if isinstance(body, ast.Tuple) else [body]
        for part in parts:
            text = program.text(part)
            if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
                yield program.replace(part, program.text(part.operand), "sort key", 0.15)
            else:
                yield program.replace(part, f"-{program.tight(part)}", "sort key", 0.15)
            if isinstance(part, ast.Subscript | ast.Attribute | ast.Name):
                yield program.replace(part, f"{text}.lower()", "sort key", 0.03)
        known = {program.text(part) for part in parts}
        shown = ", ".join(map(program.text, parts))
        for field in _fields(program, node, name):
            if field not in known:
                for new in (f"({shown}, {field})", f"({field}, {shown})"):
                    yield program.replace(body, new, "sort key", 0.08)
        if len(parts) == 1:
            negative = f"-{program.tight(body)}"
            for field in _fields(program, node, name):
                if field not in known:
                    yield program.replace(body, f"({negative}, {field})", "sort key", 0.06)


def _fields(program: SuspectProgram, node: ast.Lambda, name: str) -> list[str]:
    """What the key could read of its ``name``: fields that other code here reads, places, all."""
    found: dict[str, None] = {}
    indexed = any(isinstance(n, ast.Subscript) for n in ast.walk(node.body))
    if indexed:
        found |= {f"{name}[0]": None, f"{name}[1]": None}
    if any(isinstance(n, ast.Attribute) for n in ast.walk(node.body)):
        function = program.function(node)
        around = program.inside(function or program.tree)
        fields = [n.attr for n in around if isinstance(n, ast.Attribute)]
        fields += _kept(program)
        found |= {f"{name}.{field}": None for field in fields if not field.startswith("__")}
        called = {program.text(n.func) for n in around if isinstance(n, ast.Call)}
        methods = {text.rpartition(".")[2] for text in called}
        found = {k: None for k in found if k.rpartition(".")[2] not in methods}
    found[name] = None
    return list(found)[: _MOST_FIELDS + 1]


def _kept(program: SuspectProgram) -> list[str]:
    """Fields that classes of this file annotate."""
    return [
        statement.target.id
        for scope in program.inside(program.tree)
        if isinstance(scope, ast.ClassDef)
        for statement in scope.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
