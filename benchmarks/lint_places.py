"""Where something may be invented in a file, and what may be put there.

Places are chosen from the syntax tree of the standard library; what Pilotfish would look at plays
no part.
"""

from __future__ import annotations

import ast
import keyword
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.lint_calls import of_call
from benchmarks.lint_names import wrong_names
from benchmarks.lint_source import Place, SourceFile, imported, offset, spot
from benchmarks.lint_truth import BUILTINS, WORD, Question, Truth

#: Ways to get a name wrong that are tried for a place.
_PROPOSED = 4


def places(file: SourceFile, rng: random.Random, truth: Truth) -> Iterator[Place]:
    """All places of a file."""
    modules = dict(imported(file))
    attributes = sorted(
        {
            n.attr
            for n in ast.walk(file.module)
            if isinstance(n, ast.Attribute) and not n.attr.startswith("__")
        }
    )
    words = set(WORD.findall(file.text)) | BUILTINS
    starred = any(
        isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(file.module)
    )
    for node in ast.walk(file.module):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from _attribute(file, node, modules, attributes, truth, rng)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            begin = offset(file.tree, node.lineno, node.col_offset)
            taken = truth.words if starred else words
            yield from _named(file, "name", begin, node.id, taken, rng)
        elif isinstance(node, ast.Call):
            for argument in node.keywords:
                if argument.arg is not None:
                    begin = offset(file.tree, argument.lineno, argument.col_offset)
                    yield from _named(file, "keyword", begin, argument.arg, truth.words, rng)
            yield from of_call(file, node)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            yield from _from(file, node, truth, rng)


def _named(
    file: SourceFile, kind: str, begin: int, name: str, taken: set[str], rng: random.Random
) -> Iterator[Place]:
    """A place whose wrong names are those that ``taken`` lacks."""
    place = spot(file, kind, begin, name)
    if place is not None:
        place.proposed = [(way, new, None) for way, new in _fresh(name, taken, rng)]
        yield place


def _fresh(name: str, taken: set[str], rng: random.Random) -> list[tuple[str, str]]:
    found = ((w, n) for w, n in wrong_names(name, rng) if n not in taken and _is_name(n))
    return [pair for _, pair in zip(range(_PROPOSED), found, strict=False)]


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _attribute(
    file: SourceFile,
    node: ast.Attribute,
    imported: Mapping[str, str],
    attributes: Sequence[str],
    truth: Truth,
    rng: random.Random,
) -> Iterator[Place]:
    if node.end_lineno is None or node.end_col_offset is None or node.attr.startswith("__"):
        return
    end = offset(file.tree, node.end_lineno, node.end_col_offset)
    place = spot(file, "attribute", end - len(node.attr), node.attr)
    if place is None:
        return
    root: ast.expr = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    module = imported.get(ast.unparse(node.value)) if isinstance(root, ast.Name) else None
    candidates = list(wrong_names(node.attr, rng))[:_PROPOSED]
    candidates += [("neighbour", n) for n in rng.sample(attributes, min(3, len(attributes)))]
    rng.shuffle(candidates)
    for way, new in candidates:
        if not _is_name(new) or new == node.attr:
            continue
        if module is not None:
            question = Question("members", (module, new, 0))
        elif new in truth.stored or (isinstance(root, ast.Name) and root.id in imported):
            continue
        else:
            question = Question("attributes", (node.attr, new, 0))
        place.proposed.append((way, new, question))
    place.proposed += [(w, n, None) for w, n in _fresh(node.attr, truth.words, rng)]
    yield place


def _from(
    file: SourceFile, node: ast.ImportFrom, truth: Truth, rng: random.Random
) -> Iterator[Place]:
    module = _absolute(file, node)
    others = sorted(
        {
            alias.name
            for n in ast.walk(file.module)
            if isinstance(n, ast.ImportFrom) and n is not node
            for alias in n.names
            if alias.name != "*"
        }
    )
    for alias in node.names:
        if alias.name == "*":
            continue
        begin = offset(file.tree, alias.lineno, alias.col_offset)
        place = spot(file, "import_member", begin, alias.name)
        if place is None:
            continue
        bound = "" if alias.asname else f" as {alias.name}"
        candidates = list(wrong_names(alias.name, rng))[:_PROPOSED]
        candidates += [("neighbour", n) for n in rng.sample(others, min(2, len(others)))]
        rng.shuffle(candidates)
        place.proposed = [
            (way, new + bound, Question("members", (module, new, 0)))
            for way, new in candidates
            if _is_name(new)
        ]
        yield place
    if node.module:
        begin = offset(file.tree, node.lineno, node.col_offset)
        start = file.text.find(node.module, begin + len("from"))
        last = node.module.rpartition(".")[2]
        place = spot(file, "import_module", start + len(node.module) - len(last), last)
        if place is None:
            return
        parent = module.rpartition(".")[0]
        for way, new in list(wrong_names(last, rng))[:_PROPOSED]:
            if not _is_name(new):
                continue
            if parent:
                question = Question("members", (parent, new, 0))
                place.proposed.append((way, new, question))
            elif new not in truth.words:
                place.proposed.append((way, new, None))
        yield place


def _absolute(file: SourceFile, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = list(Path(file.path).parent.parts)
    parts = parts[: len(parts) - node.level + 1]
    return ".".join((*parts, *((node.module,) if node.module else ())))
