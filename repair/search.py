"""The search: candidates of all sources, the likeliest per second first, each tried once.

Candidates that need no model are run one after the other; the model writes beside that, and what it
has written is tried as soon as it is there. The search waits for the model only when nothing else
is left to try.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from repair.candidates.candidate import Candidate
from repair.candidates.scribe import Scribe
from repair.source import Source
from repair.trials import Kind, Trial, Trials, distinct
from repair.units import Units, groups

#: The model begins to write when the search has lasted so long: most end before, and it takes a
#: processor (benchmarks/quixbugs.py, median without a model).
_MODEL_AFTER_S = 1.0
#: How many candidates that ran out of time get how many times more, once the quick ones are
#: through. One that mended something before its time ran out is tried again at once.
_PATIENCE = ((24, 8.0), (6, 60.0))
#: Edits that mend a part, combined with each other and with the likeliest of the rest.
_PARTIAL_PAIRED = 12
_PARTIAL_BASES = 3
_PARTIAL_PARTNERS = 250


@dataclass
class Search:
    """One search. ``queue`` holds the candidates that need no model, best first."""

    source: Source
    trials: Trials
    queue: Sequence[Candidate]
    scribe: Scribe | None
    deadline: Deadline
    _seen: set[str] = field(default_factory=set, init=False)
    _partial: list[Trial] = field(default_factory=list, init=False)
    _slow: list[Candidate] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._units = Units(self.source)
        for unit in self._units.all:
            self._seen.add(_key(self._units.module(unit, ())))

    def run(self) -> Iterator[Trial]:
        """Every trial, as it ends, until the deadline or the end of ideas.

        Raises :class:`~decoding.errors.CancelledError`, and
        :class:`~repair.sandbox.forkserver.SandboxDiedError` when sandboxes keep dying.
        """
        model_from = Deadline.after(_MODEL_AFTER_S)
        for candidate in itertools.chain(self.queue, self._combined()):
            if self.scribe is not None and model_from.expired():
                self.scribe.start()
            yield from self._try_all(self._written())
            yield from self._try_all([candidate])
            if self.deadline.expired():
                return
        for most, patience in _PATIENCE:
            slow = sorted(self._slow, key=lambda c: -c.value)[:most]
            self._slow = []
            yield from self._try_all(slow, patience=patience, again=True)
        if self.scribe is not None:
            self.scribe.start()
            yield from self._try_all(self.scribe.wait(self.deadline))

    def around(self, line: int) -> None:
        """Let the model write at ``line`` next: rivals for a plausible patch found there."""
        if self.scribe is not None:
            self.scribe.wish(line)

    def _written(self) -> Iterator[Candidate]:
        return self.scribe.poll() if self.scribe is not None else iter(())

    def _combined(self) -> Iterator[Candidate]:
        """Pairs of edits that each mend a part, then one of them with anything else."""
        best = distinct(self._partial)
        pairs = itertools.combinations(best[:_PARTIAL_PAIRED], 2)
        for one, other in pairs:
            yield from _joined(one.candidate, other.candidate)
        for base in best[:_PARTIAL_BASES]:
            for partner in self.queue[:_PARTIAL_PARTNERS]:
                yield from _joined(base.candidate, partner)

    def _try_all(
        self,
        candidates: Iterable[Candidate],
        *,
        patience: float = 1.0,
        again: bool = False,
    ) -> Iterator[Trial]:
        for candidate in candidates:
            if self.deadline.expired():
                return
            if not again and not self._is_new(candidate):
                continue
            trial = self.trials.run(candidate, patience=patience)
            if trial.kind is Kind.SLOW and trial.gained and not again:
                trial = self.trials.run(candidate, patience=_PATIENCE[0][1])
            if trial.kind is Kind.SLOW:
                self._slow.append(candidate)
            if trial.gained and trial.kind is not Kind.PLAUSIBLE:
                self._partial.append(trial)
            yield trial

    def _is_new(self, candidate: Candidate) -> bool:
        """Whether no program with this syntax tree was tried; false where it does not parse."""
        changed = groups(self._units, candidate.edits)
        try:
            if changed is None:
                key = ast.dump(ast.parse(self.source.apply(candidate.edits)))
            else:
                key = "".join(_key(self._units.module(unit, mine)) for unit, mine in changed)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _key(module: str) -> str:
    """A unit's syntax, with its place but without positions."""
    tree = ast.parse(module)
    padding = len(module) - len(module.lstrip("\n"))
    return f"{padding}:{ast.dump(tree)}"


def _joined(one: Candidate, other: Candidate) -> Iterator[Candidate]:
    """Both together, unless they touch the same text."""
    edits = sorted((*one.edits, *other.edits), key=lambda e: (e.start, e.end))
    if all(left.end <= right.start for left, right in itertools.pairwise(edits)):
        kinds = f"{one.strategy} + {other.strategy.partition(': ')[2] or other.strategy}"
        yield Candidate(tuple(edits), kinds, one.value * other.value, one.line)
