"""A request to the engine: its base class, how the engine runs it, and what travels beside it.

Each request is one file of ``engine.features``. All values are frozen and survive the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from engine.context import Context

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Request(Generic[Answer]):
    """Something the engine is asked for; ``Answer`` is what it answers unless it fails.

    ``repeatable`` requests are sent once more when the engine dies over them.
    """

    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a request that has nothing to say."""

    notes: tuple[str, ...] = field(default=())


# ---------------------------------------------------------------------- how it runs


class Lane(Enum):
    """Where a request runs."""

    INLINE = "inline"
    """At once, on the thread it arrived on: only what neither computes nor waits."""
    FORWARD = "forward"
    """Beside others: what a person waits for and other processes or files answer."""
    BACKGROUND = "background"
    """Beside others of its kind: checks, downloads and warming, which may wait for long."""
    GRAPH = "graph"
    """Beside others of its kind: what may wait until a whole project has been read."""
    MODEL = "model"
    """One at a time: completions."""
    REPAIR = "repair"
    """One at a time: what takes minutes."""


class Caller(Protocol):
    """The caller's side of a running request."""

    cancellation: Cancellation

    def waiting(self) -> int:
        """How many requests are not yet answered, this one among them."""
        ...

    def progress(self, message: str, fraction: float = -1.0) -> None:
        """Say how far it is."""
        ...

    def found(self, findings: tuple[Finding, ...]) -> None:
        """Say what a check has found so far."""
        ...


Kind = TypeVar("Kind", bound=Request[Any])


@dataclass(frozen=True, slots=True)
class Route(Generic[Kind]):
    """How one kind of request runs.

    ``run`` is its handler. A newer request cancels the older ones with the same ``document``,
    where that is not ``None``. On cancellation, requests with ``partial_result`` return what they
    have found so far.
    """

    request: type[Kind]
    answer: type[Any]
    run: Callable[[Kind, Context, Caller], object]
    lane: Lane
    document: Callable[[Kind], object | None] = lambda request: None
    partial_result: bool = False


# ---------------------------------------------------------------------- what travels beside it


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of an engine that is ready to be asked."""

    pid: int
    version: str


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Stop the request with this id; it answers with a :class:`Failure` of kind ``cancelled``."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is; ``fraction`` in 0…1 or negative when unknown. Of a check, what it has
    ``found`` so far."""

    message: str
    fraction: float = -1.0
    found: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A request failed alone; the engine goes on. ``kind``: cancelled, explained, bug, gone."""

    kind: str
    what: str
    where: str = ""
    help: str = ""
