"""A body in its place: the file with it, and what becomes of the body when that file is edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from repair.candidates.candidate import Candidate
from repair.localization import Suspicion, localize
from repair.sandbox.run import TestResult
from repair.source.file import OffsetEdit, Source
from repair.source.stub import Stub


@dataclass(frozen=True)
class WrittenBody:
    """``body`` stands for ``stub`` in the file that the stub was in."""

    stub: Stub
    body: Candidate

    @cached_property
    def source(self) -> Source:
        """The file with the body."""
        return replace(self.stub.source, text=self.stub.source.apply(self.body.edits))

    @property
    def lines(self) -> range:
        """The lines (1-based) that the body takes."""
        before = self.stub.source
        first = before.line_of(self.stub.start)
        behind = before.text.count("\n", self.stub.end)
        return range(first, self.source.text.count("\n") + 2 - behind)

    def edited(self, change: Candidate, value: float) -> Candidate | None:
        """The body with ``change``, whose edits are of :attr:`source`, as a body of its own that is
        worth ``value``; ``None`` where it reaches beyond the body."""
        start, behind = self.stub.start, len(self.stub.source.text) - self.stub.end
        end = len(self.source.text) - behind
        if any(edit.start < start or edit.end > end for edit in change.edits):
            return None
        new = self.source.apply(change.edits)
        return Candidate(
            (OffsetEdit(start, self.stub.end, new[start : len(new) - behind]),),
            f"{self.body.strategy}, repaired by {change.strategy}",
            value,
            self.body.line,
        )

    def suspicion(
        self, results: Sequence[TestResult], imported: frozenset[int], *, traced: bool
    ) -> Suspicion:
        """Of its lines by traced ``results``; where those tell nothing, or are not to be used, all
        lines of the body alike."""
        if results and traced:
            found = localize(self.source, results, imported, 0)
            if found.lines:
                return found
        return Suspicion(dict.fromkeys(self.lines, 1.0))
