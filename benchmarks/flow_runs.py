"""Runs of the programs of :mod:`benchmarks.flow_programs`, at random.

What their functions take gives small numbers and now and then raises, so that a few dozen runs go
most ways through a function.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

#: Questions to the dice after which no loop goes on.
LONGEST = 200


class Dice:
    """What a generated program is handed: numbers below ``n``, or an exception."""

    def __init__(self, seed: int, trouble: float = 0.08) -> None:
        self._random = random.Random(seed)
        self._trouble = trouble
        self.steps = 0

    def __call__(self, n: int = 2) -> int:
        self.steps += 1
        if self._random.random() < self._trouble:
            raise self._random.choice((KeyError, ValueError, OSError))(self.steps)
        return self._random.randrange(n)

    def calm(self, n: int) -> int:
        """A number, never an exception."""
        return self._random.randrange(n)

    def over(self) -> bool:
        """Whether it has been long enough: loops ask."""
        self.steps += 1
        return self.steps > LONGEST

    def group(self) -> ExceptionGroup[Exception]:
        """An exception group of one to three exceptions."""
        kinds = self._random.choices((KeyError, ValueError, OSError), k=self._random.randint(1, 3))
        return ExceptionGroup("g", [kind(1) for kind in kinds])


def runs(module: ModuleType, times: int) -> Iterator[Callable[[], Any]]:
    """Every function of a generated module, ``times`` times with other dice."""
    for name, function in sorted(vars(module).items()):
        if name[0] == "f" and name[1:].isdigit():
            for seed in range(times):
                yield lambda f=function, s=seed: _drive(f(Dice(s), 1))  # type: ignore[misc]


def _drive(result: Any) -> None:
    if asyncio.iscoroutine(result):
        asyncio.run(result)
    elif hasattr(result, "send"):
        for turn in range(20):
            if turn == 15:
                result.close()
                return
            if next(result, result) is result:
                return
