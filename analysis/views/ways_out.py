"""Ways out of a block: how jumps and exceptions go outward through what encloses them.

A jump is handed outward through the enclosing ``with`` and ``finally`` blocks, each of which takes
it in, runs, and hands it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from analysis.views.flow import RAISE, EdgeKind
from analysis.views.sketch import Frontier, Sketch

#: A way out of a block: how to go on from a frontier in the enclosing context.
Onward = Callable[[Frontier], None]


@dataclass
class EnclosingLoop:
    """An enclosing loop, and what left it by ``break``."""

    header: int
    breaks: Frontier = field(default_factory=list)


@dataclass
class Guard:
    """An enclosing ``try`` or ``with`` that takes notice of what passes through it.

    ``exceptions`` come from inside and go to its handlers or its exit. ``catches_jumps`` is true
    for what must run on every way out (``finally``, ``with``): jumps are queued with the way they
    wanted to go.
    """

    catches_jumps: bool
    exceptions: Frontier = field(default_factory=list)
    jumps: list[tuple[Frontier, Onward]] = field(default_factory=list)


class WaysOut:
    """The loops and guards around the statement that is being built, the innermost last."""

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        self._enclosing: list[EnclosingLoop | Guard] = []

    @contextmanager
    def inside(self, context: EnclosingLoop | Guard) -> Iterator[None]:
        """Build what stands in ``context``."""
        self._enclosing.append(context)
        yield
        self._enclosing.pop()

    @property
    def loop(self) -> EnclosingLoop:
        """The innermost loop."""
        return next(c for c in reversed(self._enclosing) if isinstance(c, EnclosingLoop))

    def may_raise(self, node: int) -> None:
        """An implicit exception, if an enclosing guard takes notice of it."""
        for context in reversed(self._enclosing):
            if isinstance(context, Guard):
                context.exceptions.append((node, EdgeKind.EXCEPTION))
                return

    def raise_(self, frontier: Frontier) -> None:
        """An exception that is certain, or that passes a guard on its way out."""
        for context in reversed(self._enclosing):
            if isinstance(context, Guard):
                context.exceptions.extend(frontier)
                return
        self._sketch.connect(frontier, RAISE)

    def jump(self, frontier: Frontier, stop: EnclosingLoop | None, arrive: Onward) -> None:
        """Go outward until ``stop`` (``None``: out of the code object), then ``arrive``."""
        for index in range(len(self._enclosing) - 1, -1, -1):
            context = self._enclosing[index]
            if context is stop:
                break
            if isinstance(context, Guard) and context.catches_jumps:
                context.jumps.append((frontier, lambda f: self.jump(f, stop, arrive)))
                return
        arrive(frontier)

    def deliver(self, guard: Guard, exits: list[int]) -> None:
        """Hand on the jumps that a guard took in, from ``exits``, to where they wanted to go."""
        for frontier, onward in guard.jumps:
            for kind in dict.fromkeys(kind for _, kind in frontier):
                onward([(node, kind) for node in exits])
