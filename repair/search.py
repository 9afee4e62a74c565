"""The search: candidates of all sources, the likeliest per second first, each tried once."""

from __future__ import annotations

import ast
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from decoding.errors import CancelledError, DecodingError
from repair.candidates.candidate import Candidate
from repair.candidates.infill import Infills
from repair.source import Source
from repair.trials import Kind, Trial, Trials, distinct
from repair.units import Units, groups

#: Chance that some template mends a failure, and that the first infill does: the two are weighed
#: against each other by chance per second. From issue D's experiment on QuixBugs: templates 19 of
#: 20 within 6 s, infills 15 of 20 in half a minute of samples of 1.5 s.
_TEMPLATES_HIT = 0.6
_INFILL_HITS = 0.04
_INFILL_FADES = 0.98
_FIRST_RUN_S = 0.01
_FIRST_SAMPLE_S = 1.5
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
    infills: Infills | None
    deadline: Deadline
    #: Why the model could not be used, if it was tried and could not.
    model_failed: str = field(default="", init=False)
    _written: Iterator[Candidate | None] = field(default=iter(()), init=False)
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
        yield from self._first_round()
        yield from self._try_all(self._combined())
        for most, patience in _PATIENCE:
            slow = sorted(self._slow, key=lambda c: -c.value)[:most]
            self._slow = []
            yield from self._try_all(slow, patience=patience, again=True)
        if self.infills is not None:
            yield from self._try_all(self._infilled())

    def around(self, line: int, until: Deadline) -> Iterator[Trial]:
        """What the model would write at ``line``: rivals for a plausible patch found there."""
        if self.infills is None or self.model_failed:
            return
        try:
            for written in self.infills.at(line):
                if written is not None:
                    yield from self._try_all([written])
                if self.deadline.earlier(until).expired():
                    return
        except CancelledError:
            raise
        except DecodingError as error:
            self.model_failed = error.what

    def _first_round(self) -> Iterator[Trial]:
        total = sum(candidate.value for candidate in self.queue) or 1.0
        run_s, sample_s = _FIRST_RUN_S, _FIRST_SAMPLE_S
        chance = _INFILL_HITS if self.infills is not None else 0.0
        self._written = self.infills.candidates() if self.infills is not None else iter(())
        for candidate in self.queue:
            while chance / sample_s > _TEMPLATES_HIT * candidate.value / total / run_s:
                if self.deadline.expired():
                    return
                began = time.monotonic()
                loaded = self.infills is not None and self.infills.samples > 0
                try:
                    written = next(self._written)
                except StopIteration:
                    chance = 0.0
                    break
                except CancelledError:
                    raise
                except DecodingError as error:
                    # The model is a help and no need: the search goes on without.
                    self.model_failed = error.what
                    self._written = iter(())
                    chance = 0.0
                    break
                if written is not None:
                    yield from self._try_all([written])
                chance *= _INFILL_FADES
                if loaded:
                    # The first one also loads the model, which says nothing about the others.
                    sample_s += 0.3 * (time.monotonic() - began - sample_s)
            began = time.monotonic()
            tried = False
            for trial in self._try_all([candidate]):
                tried = True
                yield trial
            if tried:
                run_s += 0.1 * (time.monotonic() - began - run_s)
            if self.deadline.expired():
                return

    def _infilled(self) -> Iterator[Candidate]:
        try:
            for written in self._written:
                if written is not None:
                    yield written
                if self.deadline.expired():
                    return
        except CancelledError:
            raise
        except DecodingError as error:
            self.model_failed = error.what

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
        candidates: Sequence[Candidate] | Iterator[Candidate],
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
