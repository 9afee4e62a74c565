"""Which lines of the target each line of a test's function ran, one after the other.

A test that checks many things says more than that it failed: what ran for those that held tells
the lines that are innocent.
"""

from __future__ import annotations

import collections
import dis
import os
from typing import Any

#: Steps that are remembered: of a longer test the last ones, where it fails.
_REMEMBERED = 200


class Steps:
    """The steps of ``functions`` since the last ``clear``: triples of path, a line in it and name.

    A step lasts until the function comes to another line: what it calls belongs to it.
    """

    def __init__(self, functions: Any) -> None:
        self._wanted = {(os.path.realpath(path), line, name) for path, line, name in functions}
        self._names = {name for _path, _line, name in self._wanted}
        self._known: dict[Any, bool] = {}
        self._steps: Any = collections.deque(maxlen=_REMEMBERED)
        self._current: set[int] = set()

    def follows(self, code: Any) -> bool:
        """Whether ``code`` is that of one of the functions."""
        if code.co_name not in self._names:
            return False
        known = self._known.get(code)
        if known is None:
            path = os.path.realpath(code.co_filename)
            lines = {line for _offset, line in dis.findlinestarts(code)}
            known = self._known[code] = any(
                (path, line, code.co_name) in self._wanted for line in lines
            )
        return known

    def at(self, line: int) -> None:
        """The function has come to its 1-based ``line``."""
        self._current = set()
        self._steps.append((line, self._current))

    def hit(self, line: int) -> None:
        """A line of the target ran."""
        self._current.add(line)

    def clear(self) -> None:
        """Forget all steps."""
        self._steps.clear()
        self._current = set()

    def told(self) -> list[Any]:
        """``[line, lines of the target]`` of each step, in order of when it was last taken."""
        found: dict[Any, None] = {}
        for line, ran in list(self._steps):
            step = (line, tuple(sorted(ran)))
            found.pop(step, None)
            found[step] = None
        return [[line, list(ran)] for line, ran in found]
