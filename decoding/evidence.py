"""How facts about code reach the decode loop."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole


class Evidence(Protocol):
    """Starts a query about a hole and returns at once; the loop polls the future once a token."""

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """Begin to look up what may stand in ``hole`` of ``snapshot``."""
        ...
