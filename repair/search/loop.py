"""The search: candidates of all sources, the likeliest per second first (``agenda``).

Candidates that need no model are run, some at once where processors are to spare; the model writes
beside that, and what it has written is tried as soon as it is there. The search waits for the model
only when nothing else is left to try.

What came of them is looked at in the order in which they were begun, and the same number is begun
ahead everywhere: what is found depends neither on the processors nor on which run ends first.
"""

from __future__ import annotations

import ast
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from repair.candidates.candidate import Candidate
from repair.candidates.misnamed import further
from repair.candidates.scribe import Scribe
from repair.search.agenda import PATIENCE, Agenda, Turn
from repair.search.trials import AHEAD, Begun, Kind, Trial, Trials
from repair.source.file import Source
from repair.source.units import Units, groups

#: The model begins to write when the search has lasted so long: most end before, and it takes a
#: processor (benchmarks/quixbugs.py, median without a model).
_MODEL_AFTER_S = 1.0


@dataclass
class Search:
    """One search. ``queue`` holds the candidates that need no model. Where nothing has passed at
    the ``deadline``, which leaves time to validate, it goes on until ``late``."""

    source: Source
    trials: Trials
    queue: Sequence[Candidate]
    scribe: Scribe | None
    deadline: Deadline
    late: Deadline | None = None
    _passed: bool = field(default=False, init=False)
    _seen: set[str] = field(default_factory=set, init=False)
    _begun: deque[tuple[Turn, Begun]] = field(default_factory=deque, init=False)

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
        try:
            yield from self._run(Deadline.after(_MODEL_AFTER_S))
        finally:
            for _turn, begun in self._begun:
                begun.run.cancel()

    def _run(self, model_from: Deadline) -> Iterator[Trial]:
        while not self._until().expired():
            if self.scribe is not None:
                if model_from.expired():
                    self.scribe.start()
                self.trials.beside_model = self.scribe.writing
                if asked := self.scribe.question():
                    line, told = asked
                    told.set_result(self.trials.story(line))
                for written in self.scribe.poll():
                    self._begin(Turn(written))
            while len(self._begun) < AHEAD and (turn := self._agenda.pop()) is not None:
                self._begin(turn)
            if self._begun:
                yield self._finish(*self._begun.popleft())
            elif self.scribe is None:
                return
            else:
                self.scribe.start()
                if not self.scribe.writing:
                    return
                for written in itertools.islice(self.scribe.wait(self._until()), 1):
                    self._begin(Turn(written))

    def _until(self) -> Deadline:
        return self.deadline if self._passed or self.late is None else self.late

    def around(self, line: int) -> None:
        """Let the model write at ``line`` next: rivals for a plausible patch found there."""
        if self.scribe is not None:
            self.scribe.wish(line)

    def _begin(self, turn: Turn) -> None:
        fresh = turn.patience == PATIENCE[0]
        if not fresh or self._is_new(turn.candidate):
            begun = self.trials.begin(turn.candidate, patience=turn.patience)
            self._begun.append((turn, begun))

    def _finish(self, turn: Turn, begun: Begun) -> Trial:
        trial = self.trials.finish(begun)
        if trial.kind is Kind.SLOW and trial.gained and turn.patience == PATIENCE[0]:
            # It mends something before its time runs out.
            turn = Turn(turn.candidate, PATIENCE[1])
            trial = self.trials.run(turn.candidate, patience=turn.patience)
        self._passed = self._passed or trial.kind is Kind.PLAUSIBLE
        if trial.kind is Kind.SLOW:
            self._agenda.slow(turn)
        if trial.gained and trial.kind is not Kind.PLAUSIBLE:
            self._agenda.partial(trial)
        for candidate in further(self.source, trial.candidate, trial.absent):
            self._begin(Turn(candidate))
        return trial

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
