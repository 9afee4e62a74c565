"""What every request is, and the answer of those that have nothing to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Request(Generic[Answer]):
    """Something the engine is asked for; ``Answer`` is what it answers unless it fails.

    ``repeatable`` requests are asked once more when the engine dies over them.
    """

    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a request that has nothing to say."""

    notes: tuple[str, ...] = field(default=())
