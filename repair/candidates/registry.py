"""Where candidates come from. To add a source, write its module and its row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from repair.candidates.candidate import Candidate
from repair.candidates.symptoms import factor
from repair.candidates.templates.registry import mutations
from repair.localization import Suspicion
from repair.source import Source

#: Sources that need no model: every candidate of a file, in any order.
Generate = Callable[[Source, Suspicion], Iterator[Candidate]]
GENERATORS: tuple[Generate, ...] = (mutations,)


def generate(
    source: Source, suspicion: Suspicion, symptoms: frozenset[str] = frozenset()
) -> list[Candidate]:
    """All candidates that need no model, most promising first, no two with the same text.

    ``symptoms`` are the exceptions that failing tests end in, and ``timeout``.
    """
    found: dict[tuple[tuple[int, int, str], ...], Candidate] = {}
    for generator in GENERATORS:
        for plain in generator(source, suspicion):
            value = plain.value * factor(plain.strategy, symptoms)
            candidate = replace(plain, value=value)
            key = tuple((e.start, e.end, e.new) for e in candidate.edits)
            known = found.get(key)
            if known is None or known.value < candidate.value:
                found[key] = candidate
    return sorted(found.values(), key=lambda c: -c.value)
