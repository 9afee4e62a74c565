"""Reading and writing: the encoding, line ends, and what is missing at the end of a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

_TEXT_CALLS = frozenset({"open", "read_text", "write_text"})
_BINARY = frozenset({"rb", "wb", "ab", "r+b", "xb"})


def encodings(program: SuspectProgram) -> Iterator[Proposal]:
    """A text that is read or written in whatever encoding the machine has, or without care for its
    line ends."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        name = program.text(node.func).rpartition(".")[2]
        words = {keyword.arg for keyword in node.keywords}
        if name not in _TEXT_CALLS or any(
            isinstance(a, ast.Constant) and a.value in _BINARY for a in node.args
        ):
            continue
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        head = program.text(node.func)
        for word, values in (
            ("encoding", ('"utf-8"', '"utf-8-sig"', '"latin-1"')),
            ("newline", ('""', '"\\n"')),
            ("errors", ('"replace"',)),
        ):
            if word not in words and not (word == "newline" and name == "read_text"):
                for order, value in enumerate(values):
                    text = ", ".join([*whole, f"{word}={value}"])
                    prior = (0.35 if word != "errors" else 0.1) / (1 + 2 * order)
                    yield program.replace(node, f"{head}({text})", "missing argument", prior)


def line_ends(program: SuspectProgram) -> Iterator[Proposal]:
    """A line that is written without its end, or read with it."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if not isinstance(node.func, ast.Attribute) or len(node.args) != 1:
            continue
        text = program.tight(node.args[0])
        if node.func.attr in ("write", "append", "write_text"):
            yield program.replace(node.args[0], f'{text} + "\\n"', "line end", 0.12)
    for node in program.of(ast.For):
        assert isinstance(node, ast.For)
        if isinstance(node.target, ast.Name) and "line" in node.target.id:
            name = node.target.id
            yield program.insert_before(
                node.body[0], [f'{name} = {name}.rstrip("\\n")'], "line end", 0.12
            )
            yield program.insert_before(
                node.body[0], [f"{name} = {name}.strip()"], "line end", 0.12
            )


def patterns(program: SuspectProgram) -> Iterator[Proposal]:
    """A regular expression that was to ignore case, or to look at each line."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        head, _, name = program.text(node.func).rpartition(".")
        if head != "re" or name not in (
            *("compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split"),
        ):
            continue
        if node.args:
            yield from _taken_literally(program, node.args[0])
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        if any("re." in word for word in whole[1:]):
            continue
        for flag in ("re.IGNORECASE", "re.MULTILINE", "re.DOTALL", "re.ASCII"):
            text = ", ".join([*whole, f"flags={flag}"])
            yield program.replace(node, f"{program.text(node.func)}({text})", "pattern", 0.08)


def _taken_literally(program: SuspectProgram, pattern: ast.expr) -> Iterator[Proposal]:
    """Parts of a pattern that come from elsewhere, with signs that mean themselves."""
    for part in program.inside(pattern):
        if isinstance(part, ast.FormattedValue):
            part = part.value
        elif part is not pattern and not isinstance(program.parents.get(part), ast.BinOp):
            continue
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript):
            new = f"re.escape({program.text(part)})"
            named = any(word in new.lower() for word in ("pattern", "regex", "_re)"))
            yield program.replace(part, new, "pattern", 0.05 if named else 0.3)
