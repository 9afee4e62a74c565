"""A source that something is invented in, and a place in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analysis.syntax.tree import SyntaxTree
from benchmarks.lint_truth import Question


@dataclass(slots=True)
class Place:
    """Where something may be invented: the span that is replaced, and what may be put there, each
    with the question that must be answered by ``True`` (or none)."""

    kind: str
    begin: int
    end: int
    line: int
    last: int
    behind: int
    was: str
    proposed: list[tuple[str, str, Question | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by its path below the root, read in both ways."""

    path: str
    text: str
    tree: SyntaxTree
    module: ast.Module

    @property
    def dotted(self) -> str:
        """The module's name; its package is its folder."""
        parts = Path(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: SourceFile) -> Iterator[tuple[str, str]]:
    """What ``import`` and ``from`` bind: expressions, and the modules that they surely are (``""``
    where it is not known)."""
    for node in ast.walk(file.module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name
                if not alias.asname:
                    top = alias.name.partition(".")[0]
                    yield top, top
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, "") for alias in node.names)


def spot(file: SourceFile, kind: str, begin: int, name: str) -> Place | None:
    """The place of ``name``, which begins at ``begin``; ``None`` where the text has another."""
    # What the compiler renamed (``__private``) or spells otherwise is left out.
    if file.text[begin : begin + len(name)] != name:
        return None
    line = file.tree.lines.position(begin)[0] + 1
    return Place(kind, begin, begin + len(name), line, line, begin + len(name), name)


def offset(tree: SyntaxTree, line: int, column: int) -> int:
    """The offset of a position of ``ast``: lines from 1, columns in bytes of UTF-8."""
    text = tree.lines.line(line - 1)
    return tree.lines.start(line - 1) + len(text.encode()[:column].decode(errors="ignore"))
