"""How facts about code reach the decode loop."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from analysis.holes.context import HoleContext
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole


class Evidence(Protocol):
    """Starts a query about a hole and returns at once; the loop polls the future once a token."""

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """Begin to look up what may stand in ``hole`` of ``snapshot``."""
        ...


@runtime_checkable
class Surroundings(Protocol):
    """Evidence that also knows what is relevant around a place."""

    def around(self, snapshot: Snapshot, offset: int, seconds: float) -> Future[HoleContext]:
        """Begin to look up what whoever writes at ``offset`` (code points) should know; what is
        found in so many seconds is answered."""
        ...
