"""What travels beside requests and answers: the greeting, cancellation, progress, failure."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.findings import Finding


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
