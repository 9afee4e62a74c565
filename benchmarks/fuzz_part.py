"""What a part of ``benchmarks.fuzz`` did and found, and how an input is run within its limits."""

from __future__ import annotations

import contextlib
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import ExplainedError

#: Processor time for one input in this process.
HANG_S = 2.0
#: A part ends with so many finds.
MOST_FOUND = 20


@dataclass(slots=True)
class Part:
    """What one part did. ``found`` are defects, each with what repeats it."""

    inputs: int = 0
    found: list[str] = field(default_factory=list)
    worst: float = 0.0


class HangError(Exception):
    """An input took too much processor time."""


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Raise :class:`HangError` in what takes more than ``HANG_S`` of processor time."""

    def stop(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def guarded(part: Part, name: str, work: Callable[[], object]) -> None:
    """Do it; note what is no explained error, and hangs."""
    part.inputs += 1
    begin = time.process_time()
    try:
        with limited():
            work()
    except (ExplainedError, SyntaxError):
        pass
    except HangError:
        part.found.append(f"{name}: more than {HANG_S} s")
    except Exception:  # noqa: BLE001 - what is looked for
        part.found.append(f"{name}\n{traceback.format_exc()[-1500:]}")
    part.worst = max(part.worst, time.process_time() - begin)


VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1 << 31,
    1 << 70,
    1.5,
    1e308,
    "",
    "x",
    "\ud83d",
    "a" * 70_000,
    [],
    [[]],
    {},
    {"line": -1},
    "file:///",
    "file://host/x",
    "untitled:a",
    "file:///%ff%00.py",
    [None] * 50,
)


def bent(value: Any, chance: random.Random, values: Sequence[Any] = VALUES) -> Any:
    """A JSON value with one part replaced, by one of ``values``, or removed."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        if chance.random() < 0.15:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: bent(value[key], chance, values)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], bent(value[at], chance, values), *value[at + 1 :]]
    return chance.choice(values)
