"""Where candidates come from. To add a source, write its module and its row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from repair.candidates.candidate import Candidate
from repair.candidates.templates.registry import mutations
from repair.localization import Suspicion
from repair.source import Source

#: Sources that need no model: every candidate of a file, in any order.
Generate = Callable[[Source, Suspicion], Iterator[Candidate]]
GENERATORS: tuple[Generate, ...] = (mutations,)


def generate(source: Source, suspicion: Suspicion) -> list[Candidate]:
    """All candidates that need no model, most promising first, no two with the same text."""
    found: dict[tuple[tuple[int, int, str], ...], Candidate] = {}
    for generator in GENERATORS:
        for candidate in generator(source, suspicion):
            key = tuple((e.start, e.end, e.new) for e in candidate.edits)
            known = found.get(key)
            if known is None or known.value < candidate.value:
                found[key] = candidate
    return sorted(found.values(), key=lambda c: -c.value)
