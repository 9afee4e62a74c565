"""The frames between a pool and a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.worker.queries import ANSWERS, QUERIES


@dataclass(frozen=True, slots=True)
class Within:
    """The time that the next query has, in seconds, negative for no limit; and whether nobody waits
    for it, so that it yields the processor."""

    seconds: float
    background: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The query cannot be answered for a reason that the user can act on."""

    what: str
    where: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker is warm and waits for the first query; ``trouble`` is why it refuses every one."""

    pid: int
    trouble: Refused | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A defect of ours: the query failed alone. ``place`` holds no source text."""

    error: str
    place: str


#: What a worker reads.
REQUESTS: dict[str, type[Any]] = {t.__name__: t for t in (*QUERIES, Within)}
#: What a worker writes.
REPLIES: dict[str, type[Any]] = {t.__name__: t for t in (*ANSWERS, Ready, Refused, Broken)}
