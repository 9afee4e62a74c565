"""Which files an answer was read from, noted while they are read.

The readers of files do not know for whom they read, so the set to note into travels in a context
variable, for as long as one question is answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_noted: ContextVar[set[str] | None] = ContextVar("_noted", default=None)


@contextmanager
def noting(into: set[str]) -> Iterator[None]:
    """Within the block, every file that is read is added to ``into`` by its path."""
    token = _noted.set(into)
    try:
        yield
    finally:
        _noted.reset(token)


def note(path: str) -> None:
    """``path`` was read, or was known already and would have been."""
    noted = _noted.get()
    if noted is not None:
        noted.add(path)
