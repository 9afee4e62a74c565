"""The protocol behind which names and types are looked up."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from analysis.deadline import Deadline
from analysis.names import NameSet
from analysis.semantics.type_facts import TypeFacts
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from analysis.text.overlay import Reads


class SemanticProvider(Protocol):
    """Answers what may stand in a hole.

    Implementations never raise for the user's code: what they cannot answer in time or at all is
    a :class:`~analysis.names.NameSet` with tier ``abstain`` and the reason.
    """

    def names(self, snapshot: Snapshot, hole: Hole, deadline: Deadline) -> NameSet:
        """The names that may stand in ``hole``, not filtered by ``hole.prefix``."""
        ...

    def holds(self, snapshot: Snapshot, hole: Hole, name: str) -> bool:
        """Whether ``name`` certainly is one of them, told without listing the others.

        False says nothing.
        """
        ...

    def type_facts(
        self, snapshot: Snapshot, hole: Hole
    ) -> AbstractContextManager[TypeFacts | None]:
        """The types around ``hole``, to be asked within the block; ``None`` where they cannot be
        looked up."""
        ...

    def reads(self, snapshot: Snapshot) -> Reads:
        """What the answers about ``snapshot`` so far were read from."""
        ...
