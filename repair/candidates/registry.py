"""Where candidates come from. To add a source, write its module and its row here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping

from repair.candidates.candidate import Candidate
from repair.candidates.imports import Imports
from repair.candidates.misnamed import misnamed
from repair.candidates.symptoms import likelier
from repair.candidates.templates.registry import mutations
from repair.candidates.uncaught import uncaught
from repair.errors import Dropped
from repair.localization import Suspicion
from repair.sandbox.run import FailedTest
from repair.source.file import Source

#: Sources that need no model: the candidates of a file, in any order. The mapping tells by how
#: much kinds are likelier than they always are, the number how many candidates are of use.
Generate = Callable[[Source, Suspicion, Mapping[str, float], int, Dropped], Iterator[Candidate]]
GENERATORS: tuple[Generate, ...] = (mutations,)
#: No search tries more candidates: 500 a second for two minutes (benchmarks/sandbox.py).
MOST = 60_000


def generate(
    source: Source,
    suspicion: Suspicion,
    symptoms: frozenset[str] = frozenset(),
    most: int = MOST,
    go_on: Callable[[], bool] = lambda: True,
    failures: Iterable[FailedTest] = (),
    dropped: Dropped | None = None,
    imports: Imports | None = None,
) -> list[Candidate]:
    """Candidates that need no model, most promising first, no two with the same text: all, or the
    best where there are more than ``most``.

    ``symptoms`` are the exceptions that failing tests end in, and ``timeout``; ``failures`` what
    they say: names that they miss are looked for among those that are there, and by ``imports``
    where they can be imported from.
    Once ``go_on`` says no, those that were found so far are all. ``dropped`` notes what fails.
    """
    dropped = dropped or Dropped()
    found: dict[tuple[tuple[int, int, str], ...], Candidate] = {}
    failures = tuple(failures)
    with dropped.guard("writing"):
        said = (misnamed(source, failures), uncaught(source, failures))
        there = imports.candidates(source, failures) if imports else ()
        for candidate in itertools.chain(*said, there):
            found[tuple((e.start, e.end, e.new) for e in candidate.edits)] = candidate
    for generator in GENERATORS:
        for candidate in generator(source, suspicion, likelier(symptoms), most, dropped):
            key = tuple((e.start, e.end, e.new) for e in candidate.edits)
            known = found.get(key)
            if known is None or known.value < candidate.value:
                found[key] = candidate
            if not go_on():
                break
    return sorted(found.values(), key=lambda c: -c.value)[:most]
