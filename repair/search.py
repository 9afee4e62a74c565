"""The search: candidates of all sources, the likeliest per second first (``agenda``).

Candidates that need no model are run one after the other; the model writes beside that, and what it
has written is tried as soon as it is there. The search waits for the model only when nothing else
is left to try.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from repair.agenda import PATIENCE, Agenda, Turn
from repair.candidates.candidate import Candidate
from repair.candidates.scribe import Scribe
from repair.source import Source
from repair.trials import Kind, Trial, Trials
from repair.units import Units, groups

#: The model begins to write when the search has lasted so long: most end before, and it takes a
#: processor (benchmarks/quixbugs.py, median without a model).
_MODEL_AFTER_S = 1.0


@dataclass
class Search:
    """One search. ``queue`` holds the candidates that need no model."""

    source: Source
    trials: Trials
    queue: Sequence[Candidate]
    scribe: Scribe | None
    deadline: Deadline
    _seen: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        diagnosis = self.trials.diagnosis
        self._agenda = Agenda(
            self.queue, self.trials.cost, frozenset(diagnosis.failing), diagnosis.hung
        )
        self._units = Units(self.source)
        for unit in self._units.all:
            self._seen.add(_key(self._units.module(unit, ())))

    def run(self) -> Iterator[Trial]:
        """Every trial, as it ends, until the deadline or the end of ideas.

        Raises :class:`~decoding.errors.CancelledError`, and
        :class:`~repair.sandbox.forkserver.SandboxDiedError` when sandboxes keep dying.
        """
        model_from = Deadline.after(_MODEL_AFTER_S)
        while not self.deadline.expired():
            turn = self._agenda.pop()
            if self.scribe is not None:
                if model_from.expired() or turn is None:
                    self.scribe.start()
                for written in self.scribe.poll():
                    yield from self._try(Turn(written))
            if turn is not None:
                yield from self._try(turn)
            elif self.scribe is None or not self.scribe.writing:
                return
            else:
                for written in itertools.islice(self.scribe.wait(self.deadline), 1):
                    yield from self._try(Turn(written))

    def around(self, line: int) -> None:
        """Let the model write at ``line`` next: rivals for a plausible patch found there."""
        if self.scribe is not None:
            self.scribe.wish(line)

    def _try(self, turn: Turn) -> Iterator[Trial]:
        fresh = turn.patience == PATIENCE[0]
        if self.deadline.expired() or (fresh and not self._is_new(turn.candidate)):
            return
        trial = self.trials.run(turn.candidate, patience=turn.patience)
        if trial.kind is Kind.SLOW and trial.gained and fresh:
            # It mends something before its time runs out.
            turn = Turn(turn.candidate, PATIENCE[1])
            trial = self.trials.run(turn.candidate, patience=turn.patience)
        if trial.kind is Kind.SLOW:
            self._agenda.slow(turn)
        if trial.gained and trial.kind is not Kind.PLAUSIBLE:
            self._agenda.partial(trial)
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
