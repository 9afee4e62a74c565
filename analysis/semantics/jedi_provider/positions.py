"""Offsets into a text, and parso's positions in it."""

from __future__ import annotations

from typing import Any

from parso.utils import split_lines


def position(text: str, offset: int) -> tuple[int, int]:
    """parso's position of an offset: lines as parso splits them, from 1, columns from 0."""
    before = split_lines(text[:offset])
    return len(before), len(before[-1])


def line_start(text: str, node: Any) -> int:
    """The offset of the line where ``node`` begins; of the text for ``None``."""
    if node is None:
        return 0
    return sum(map(len, split_lines(text, keepends=True)[: node.start_pos[0] - 1]))
