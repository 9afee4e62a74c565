"""Which lines of a faulty program are wrong, told from the fixed one, and their rank.

A line that the fix changes or deletes is wrong. Where it only adds lines, those before and after
the place are: pointing at either shows where something is missing. Lines without code (blank,
comments, docstrings) count neither as wrong nor in a ranking, and the lines of one statement count
as one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher


def statements(text: str) -> dict[int, int]:
    """The first line of the statement (or header) that each 1-based line with code belongs to."""
    owner: dict[int, int] = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.stmt):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        body = getattr(node, "body", None)
        end = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or 0
        for line in range(node.lineno, max(end, node.lineno) + 1):
            owner[line] = max(owner.get(line, 0), node.lineno)
    return owner


def faulty(buggy: str, fixed: str) -> frozenset[int]:
    """The first lines of the wrong statements of ``buggy``, 1-based."""
    old, new = buggy.split("\n"), fixed.split("\n")
    owner, other = statements(buggy), statements(fixed)
    matcher = SequenceMatcher(None, _stripped(old), _stripped(new), autojunk=False)
    found: set[int] = set()
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        changed = [owner[n + 1] for n in range(start, end) if n + 1 in owner]
        if changed:
            found.update(changed)
        elif any(n + 1 in other for n in range(first, last)):
            found.update(_beside(owner, start, end, len(old)))
    return frozenset(found)


def _stripped(lines: Iterable[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _beside(owner: Mapping[int, int], start: int, end: int, count: int) -> set[int]:
    before = next((owner[n] for n in range(start, 0, -1) if n in owner), 0)
    after = next((owner[n] for n in range(end + 1, count + 1) if n in owner), 0)
    return {before, after} - {0}


def rank(ranked: Iterable[int], owner: Mapping[int, int], wrong: Iterable[int]) -> int | None:
    """The place from 1 that the first of the statements ``wrong`` has among those of ``ranked``."""
    wanted = set(wrong)
    seen: dict[int, None] = {}
    for line in ranked:
        if line in owner:
            seen[owner[line]] = None
            if owner[line] in wanted:
                return len(seen)
    return None
