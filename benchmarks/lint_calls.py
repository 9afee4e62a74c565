"""Calls that can get an argument too many or too few, by what they call at run time."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

from benchmarks.lint_source import Place, SourceFile, imported, offset
from benchmarks.lint_truth import Question


def of_call(file: SourceFile, node: ast.Call) -> Iterator[Place]:
    """The places of a call where it may get an argument too many or too few."""
    callee = ast.unparse(node.func)
    target = _target(file, node, callee)
    starred = any(isinstance(a, ast.Starred) for a in node.args)
    if target is None or starred or any(k.arg is None for k in node.keywords):
        return
    behind = offset(file.tree, node.func.end_lineno or 0, node.func.end_col_offset or 0)
    close = offset(file.tree, node.end_lineno or 0, node.end_col_offset or 0) - 1
    given = len(node.args)
    ends = [behind + 1] + [offset(file.tree, a.end_lineno or 0, a.end_col_offset or 0)
                           for a in node.args]  # fmt: skip
    plain = all(a.lineno == a.end_lineno == node.lineno for a in node.args)
    if file.text[behind : behind + 1] != "(" or not plain:
        return
    question = Question("calls", (*target, given))
    options = []
    if given and file.text[ends[-1] : ends[-1] + 1] in ("", ")"):
        gone = ends[-2] if given > 1 else behind + 1
        options.append(("missing", gone, ends[-1], ""))
    if not node.keywords and file.text[ends[-1] : close].strip() == "":
        options.append(("surplus", ends[-1], ends[-1], ", None" if given else "None"))
    options.sort(key=lambda o: _hash_of(f"{file.path}{behind}{o[0]}"))
    for way, begin, end, new in options:
        place = Place(
            "arity", begin, end, node.lineno, node.end_lineno or node.lineno, behind, callee
        )
        place.proposed = [(way, new, question)]
        yield place


def _hash_of(text: str) -> int:
    """A number from a text that is the same in every process."""
    return random.Random(text).randrange(1 << 30)


def _target(file: SourceFile, call: ast.Call, callee: str) -> tuple[str, str] | None:
    """Module and qualified name of what is called, where the file says so."""
    if isinstance(call.func, ast.Name):
        bound = [n for n in file.module.body if _binds(n, callee)]
        stores = sum(
            isinstance(n, ast.Name) and n.id == callee and not isinstance(n.ctx, ast.Load)
            for n in ast.walk(file.module)
        )
        shadowed = any(isinstance(n, ast.arg) and n.arg == callee for n in ast.walk(file.module))
        if stores or shadowed or len(bound) != 1:
            return None
        return file.dotted, callee
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return None
    owner, name = call.func.value.id, call.func.attr
    if owner == "self":
        for node in ast.walk(file.module):
            if isinstance(node, ast.ClassDef) and node in file.module.body:
                inside = any(call is n for n in ast.walk(node))
                if inside and any(_binds(n, name) for n in node.body):
                    return file.dotted, f"{node.name}.{name}"
        return None
    module = dict(imported(file)).get(owner)
    return (module, name) if module else None


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return any((alias.asname or alias.name) == name for alias in node.names)
    return (
        isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.name == name
        and not node.decorator_list
    )
