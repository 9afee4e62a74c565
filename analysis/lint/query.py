"""The question that a worker answers: what of this file is invented?"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.deadline import Deadline
from analysis.lint.invented import Looked, look
from analysis.semantics.provider import SemanticProvider
from analysis.snapshot import Snapshot
from analysis.text.overlay import Reads


@dataclass(frozen=True, slots=True)
class LintQuery:
    """Look at ``snapshot`` from its candidate number ``begin`` on, for about ``seconds``.

    A file is asked for in parts, so that a worker is never kept from what a person waits for.
    """

    snapshot: Snapshot
    begin: int = 0
    seconds: float = 1.0

    def answer(self, provider: SemanticProvider, deadline: Deadline) -> Looked:
        """What was found, and where to go on."""
        return look(
            self.snapshot, provider, self.begin, deadline.earlier(Deadline.after(self.seconds))
        )

    def unanswered(self, reason: str) -> Looked:
        """Nothing found; the rest of the file is given up."""
        return Looked(reason=reason, reads=Reads(whole=False))
